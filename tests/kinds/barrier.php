<?php
$open = fn ($segment) => $segment->barrier('x', 2);

return new Kind(
    class: Shoal\Barrier::class,
    make: fn ($segment, $name) => $segment->barrier($name, 1),
    use: fn ($barrier) => $barrier->wait() === 0 && !$barrier->broken,
    others: [fn ($segment, $name) => $segment->barrier($name, 2)],
    impossible: array_map(fn ($parties) => fn ($segment, $name) => $segment->barrier($name, $parties), [0, -1, 4097, PHP_INT_MAX]),
    kept: ['parties'],
    facts: ['waiting', 'broken', 'holders'],
    looks: [fn ($barrier) => $barrier->parties, fn ($barrier) => $barrier->waiting, fn ($barrier) => $barrier->broken, fn ($barrier) => $barrier->holders],
    changes: [fn ($barrier) => $barrier->wait(0), fn ($barrier) => $barrier->abort(), fn ($barrier) => $barrier->reset()],
    refused: refused_timeouts('wait'),
    waits: ['barrier' => new Wait(
        fn ($segment) => $open($segment)->reset(),
        function ($segment, $timeout) use ($open) {
            try {
                return $open($segment)->wait($timeout) >= 0;
            } catch (Shoal\Timeout) {
                return false;
            }
        },
        fn ($segment) => $open($segment)->wait(10), count: fn ($segment) => $open($segment)->waiting,
    )],
);
