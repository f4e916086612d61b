<?php
$open = fn ($segment, $name = 'x') => $segment->channel($name, [2, 3], 'int32');
return new Kind(
    class: Shoal\Channel::class,
    make: $open,
    use: function ($channel) {
        $number = $channel->newest;
        $written = $channel->write(fn ($frame) => $frame->fill(7));
        $frame = $channel->read($number);
        return $written && $frame->number === $number + 1 && $frame->array->toArray() === [[7, 7, 7], [7, 7, 7]];
    },
    others: array_map(fn ($given) => fn ($segment, $name) => $segment->channel($name, ...$given), [
        [[3, 2], 'int32'], [[2, 3], 'float32'], [[2, 3], 'int32', 9], [[2, 3], 'int32', 8, 2], ['bytes' => 24], ['dtype' => 'float32'],
    ]),
    impossible: array_map(fn ($given) => fn ($segment, $name) => $segment->channel($name, ...$given), [
        [[-1]], [[PHP_INT_MAX]], [[1], 'U5'], [[1], 'f8', 17], [[1], 'f8', 2], [[1], 'f8', 8, 8], [[1], 'f8', 8, 0], ['shape' => [1], 'bytes' => 5],
        ['bytes' => 0], ['shape' => [1], 'capacity' => 5],
    ]),
    kept: ['shape', 'dtype', 'bytes', 'slots', 'history'],
    facts: ['newest', 'missed', 'dropped', 'readonly', 'waiters'],
    looks: [
        fn ($channel) => $channel->newest, fn ($channel) => $channel->dropped, fn ($channel) => $channel->read(null, 0)?->array, fn ($channel) => $channel->waiters,
    ],
    changes: [fn ($channel) => $channel->write(fn ($frame) => $frame->fill(7)), fn ($channel) => $channel->send(1)],
    refused: [
        ...refused_timeouts('read', null), [fn ($channel) => $channel->read(-1), 'ValueError'], [fn ($channel) => $channel->read('x'), 'TypeError'],
        [fn ($channel) => $channel->write(fn () => 1, 5), 'ValueError'], [fn ($channel) => $channel->write('no such function'), 'TypeError'],
    ],
    listed: false,
    waits: ['channel' => new Wait(
        fn ($segment) => $open($segment)->send(0),
        function ($segment, $timeout) {
            $until = microtime(true) + $timeout;
            $rest = fn () => $timeout > 0 ? max(0, $until - microtime(true)) : $timeout;
            for ($number = null; $frame = $segment['x']->read($number, $rest()); $number = $frame->number) {
                if ($frame->array[[0, 0]]) {
                    return true;
                }
            }
            return false;
        },
        fn ($segment) => $open($segment)->send(1),
        readonly: true,
        passes: true,
    )],
);
