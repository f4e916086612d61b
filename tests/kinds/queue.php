<?php
$queue = fn ($segment) => $segment->queue('x', 4096, false);
$wide = new Shoal\Bytes(str_repeat('w', 1000));
$get = function ($queue, ?float $timeout): mixed { try { return $queue->get($timeout); } catch (Shoal\Timeout) { return null; } };
$put = fn ($segment) => $queue($segment)->put('a message', 0);

return new Kind(
    class: Shoal\Queue::class,
    make: fn ($segment, $name) => $segment->queue($name, 4096, false),
    use: fn ($queue) => $queue->putMany(['a', [1, 2.5]]) === 2 && count($queue) === 2 && $queue->get() === 'a' && $queue->tryGet() === [1, 2.5]
        && $queue->put(null) && $queue->getMany(9) === [null] && $queue->isEmpty(),
    others: [
        fn ($segment, $name) => $segment->queue($name, 4097), fn ($segment, $name) => $segment->queue($name, '1M'),
        fn ($segment, $name) => $segment->queue($name, jobs: true), fn ($segment, $name) => $segment->jobQueue($name),
    ],
    impossible: array_map(
        fn ($given) => fn ($segment, $name) => $segment->queue($name, ...$given),
        [[0], [-1], ['0'], ['x'], ['-1M'], [''], [4096, false, 3], [4096, null, 3], ['lease' => 1.0], [PHP_INT_MIN]],
    ),
    listed: false,
    kept: ['capacity', 'isShutdown'],
    facts: ['readonly', 'used', 'waiters'],
    looks: [
        fn ($queue) => $queue->capacity, fn ($queue) => $queue->used, fn ($queue) => $queue->isShutdown, fn ($queue) => $queue->waiters,
        fn ($queue) => count($queue), fn ($queue) => $queue->isEmpty(), fn ($queue) => $queue->isFull(),
    ],
    changes: [
        fn ($queue) => $queue->put(1, 0), fn ($queue) => $queue->put('text', 0), fn ($queue) => $queue->put(str_repeat('x', 9000), 0),
        fn ($queue) => $queue->putMany([1], 0), fn ($queue) => $queue->get(0), fn ($queue) => $queue->getMany(2, 0),
        fn ($queue) => $queue->tryGet(), fn ($queue) => $queue->loan([3]), fn ($queue) => $queue->shutdown(), fn ($queue) => $queue->shutdown(true),
    ],
    refused: [
        ...refused_timeouts('put', 1), ...refused_timeouts('putMany', [1]), ...refused_timeouts('get'), ...refused_timeouts('getMany', 1),
        ...refused_timeouts('loan', [1], 'f8'), [fn ($queue) => $queue->getMany(0), 'ValueError'], [fn ($queue) => $queue->getMany(-1), 'ValueError'],
        [fn ($queue) => $queue->putMany('x'), 'TypeError'], [fn ($queue) => $queue->loan(['a']), 'TypeError'], [fn ($queue) => $queue->loan(['a' => 1]), 'TypeError'],
    ],
    waits: [
        'queue' => new Wait(
            function ($segment) use ($queue) { while ($queue($segment)->getMany(1000, 0)); },
            fn ($segment, $timeout) => $get($queue($segment), $timeout) === 'a message', $put, $put,
        ),
        'room' => new Wait(
            function ($segment) use ($queue, $wide) { while ($queue($segment)->put($wide, 0)); },
            fn ($segment, $timeout) => $queue($segment)->put($wide, $timeout),
            fn ($segment) => $queue($segment)->tryGet(), fn ($segment) => $queue($segment)->tryGet(),
        ),
    ],
);
