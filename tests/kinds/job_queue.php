<?php
$queue = fn ($segment) => $segment->jobQueue('x', 4096);
$wide = new Shoal\Bytes(str_repeat('w', 900));
$do = fn ($queue, $timeout) => ($job = $queue->take($timeout)) !== null && $job->done() === null;
$put = fn ($segment) => $queue($segment)->put('a job', timeout: 0);
$empty = function ($segment) use ($queue, $do) { while ($do($queue($segment), 0)); };

return new Kind(
    class: Shoal\JobQueue::class,
    make: fn ($segment, $name) => $segment->jobQueue($name, 4096),
    use: fn ($queue) => $queue->put([1, 2.5]) && count($queue) === 1 && ($job = $queue->take())->value === [1, 2.5] && $queue->taken === 1
        && $job->done() === null && $queue->taken === 0 && $queue->join(),
    others: [
        fn ($segment, $name) => $segment->jobQueue($name, '32K'), fn ($segment, $name) => $segment->jobQueue($name, attempts: 5),
        fn ($segment, $name) => $segment->jobQueue($name, lease: 2), fn ($segment, $name) => $segment->queue($name, jobs: false),
        fn ($segment, $name) => $segment->queue($name, '1M', true),
    ],
    impossible: array_map(
        fn ($given) => fn ($segment, $name) => $segment->jobQueue($name, ...$given),
        [[0], [-1], ['0'], ['x'], [1000, -1], [1000, 1000001], [1000, 3, 0], [1000, 3, -1], [1000, 3, NAN], [1000, 3, INF]],
    ),
    kept: ['capacity', 'attempts', 'lease', 'isShutdown'],
    facts: ['readonly', 'used', 'ready', 'delayed', 'taken', 'holders', 'waiters'],
    looks: [
        fn ($queue) => [$queue->capacity, $queue->attempts, $queue->lease], fn ($queue) => [$queue->ready, $queue->delayed, $queue->taken, $queue->used],
        fn ($queue) => count($queue), fn ($queue) => $queue->isShutdown, fn ($queue) => $queue->holders, fn ($queue) => $queue->waiters,
        fn ($queue) => $queue->peek(), fn ($queue) => $queue->dead(),
    ],
    changes: [
        fn ($queue) => $queue->put(1, timeout: 0), fn ($queue) => $queue->putMany([1], timeout: 0), fn ($queue) => $queue->take(0),
        fn ($queue) => $queue->revive(), fn ($queue) => $queue->drop(),
        fn ($queue) => $queue->purge(), fn ($queue) => $queue->shutdown(), fn ($queue) => $queue->work(fn () => null),
    ],
    refused: [
        ...refused_timeouts('put', 1, 0, 0.0), ...refused_timeouts('putMany', [1], 0, 0.0), ...refused_timeouts('take'), ...refused_timeouts('join'),
        [fn ($queue) => $queue->put(1, 4), 'ValueError'], [fn ($queue) => $queue->put(1, -1), 'ValueError'], [fn ($queue) => $queue->put(1, 0, -1), 'ValueError'],
        [fn ($queue) => $queue->put(1, 0, NAN), 'ValueError'], [fn ($queue) => $queue->put(1, 0, INF), 'ValueError'], [fn ($queue) => $queue->putMany(1), 'TypeError'],
        [fn ($queue) => $queue->revive(0), 'ValueError'], [fn ($queue) => $queue->drop(-1), 'ValueError'], [fn ($queue) => $queue->work('no function'), 'TypeError'],
        [fn ($queue) => $queue->work(fn () => null, -1), 'ValueError'], [fn ($queue) => $queue->work(fn () => null, 0, null, -1), 'ValueError'],
    ],
    waits: [
        'jobs' => new Wait($empty, fn ($segment, $timeout) => $do($queue($segment), $timeout), $put, $put),
        'room for jobs' => new Wait(
            function ($segment) use ($queue, $wide) { while ($queue($segment)->put($wide, timeout: 0)); },
            fn ($segment, $timeout) => $queue($segment)->put($wide, timeout: $timeout),
            fn ($segment) => $do($queue($segment), 0), fn ($segment) => $do($queue($segment), 0),
        ),
        'join' => new Wait(
            fn ($segment) => count($queue($segment)) || $put($segment), fn ($segment, $timeout) => $queue($segment)->join($timeout), $empty,
        ),
    ],
);
