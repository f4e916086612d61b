<?php
$open = fn ($segment, $name = 'x') => $segment->map($name, '1M');
return new Kind(
    class: Shoal\Map::class,
    make: $open,
    use: function ($map) {
        $map['used'] = ['is' => 'used'];
        return $map['used'] === ['is' => 'used'] && isset($map['used']) && $map->pop('used') === ['is' => 'used'] && !isset($map['used']);
    },
    others: array_map(fn ($given) => fn ($segment, $name) => $segment->map($name, ...$given), [
        ['2M'], ['ttl' => 5], ['evict' => false], ['small' => 0.5],
    ]),
    impossible: array_map(fn ($given) => fn ($segment, $name) => $segment->map($name, ...$given), [
        [0], [-1], [1000], [1 << 50], ['ttl' => -1], ['ttl' => 0], ['ttl' => NAN], ['small' => 0], ['many'],
    ]),
    kept: ['maxBytes', 'defaultTtl', 'evict', 'small', 'limit'],
    facts: ['readonly', 'waiters'],
    looks: [
        fn ($map) => $map->get('k'), fn ($map) => $map->has('k'), fn ($map) => count($map), fn ($map) => iterator_to_array($map), fn ($map) => $map['k'],
        fn ($map) => isset($map['k']), fn ($map) => $map->getMany(['k']), fn ($map) => $map->stats()['items'], fn ($map) => $map->ttl('k'), fn ($map) => $map->waiters,
    ],
    changes: [
        fn ($map) => $map->set('k', 1), function ($map) { $map['k'] = 1; }, function ($map) { unset($map['k']); }, fn ($map) => $map->add('k', 1),
        fn ($map) => $map->pop('k'), fn ($map) => $map->touch('k'), fn ($map) => $map->increment('n'), fn ($map) => $map->clear(), fn ($map) => $map->clear('k'),
        fn ($map) => $map->invalidate('t'), fn ($map) => $map->delete('k'), fn ($map) => $map->setMany(['k' => 1]), fn ($map) => $map->getOrSet('k', fn () => 1),
    ],
    refused: [
        [fn ($map) => $map->set('', 1), 'ValueError'], [fn ($map) => $map->set(str_repeat('k', 1025), 1), 'ValueError'],
        [fn ($map) => $map->set('k', 1, -1), 'ValueError'],
        [fn ($map) => $map->set('k', 1, 0), 'ValueError'], [fn ($map) => $map->set('k', 1, NAN), 'ValueError'], [fn ($map) => $map->set('k', 1, null, [5]), 'TypeError'],
        [fn ($map) => $map->set('k', 1, null, array_fill(0, 17, 't')), 'ValueError'], [fn ($map) => $map->getMany([1.5]), 'TypeError'],
        [fn ($map) => $map->getOrSet('k', 'no such function'), 'TypeError'], [fn ($map) => $map->getOrSet('k', fn () => 1, null, -1), 'ValueError'], [fn ($map) => $map[[]], 'TypeError'],
    ],
    listed: false,
);
