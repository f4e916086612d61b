<?php
$permit = new Hold(fn ($segment) => $segment->semaphore('x'), 'acquire', 'release', 'synchronized', kept: 'holds a permit of it');
$signal = fn ($segment) => $segment->semaphore('x', 0, bounded: false);
$raise = fn ($segment) => $signal($segment)->release();

return new Kind(
    class: Shoal\Semaphore::class,
    make: fn ($segment, $name) => $segment->semaphore($name, 3),
    use: fn ($semaphore) => $semaphore->synchronized(fn ($held) => $held->value === 2) && $semaphore->value === 3,
    others: array_map(fn ($given) => fn ($segment, $name) => $segment->semaphore($name, ...$given), [[2], [], ['value' => 3, 'bounded' => false]]),
    impossible: array_map(
        fn ($given) => fn ($segment, $name) => $segment->semaphore($name, ...$given), [[0], [-1], [65537], [PHP_INT_MAX], [-1, false], [2147483648, false]],
    ),
    kept: ['initial', 'bounded'],
    facts: ['value', 'holders', 'waiters'],
    looks: [fn ($semaphore) => $semaphore->value, fn ($semaphore) => $semaphore->holders, fn ($semaphore) => $semaphore->waiters],
    changes: [
        fn ($semaphore) => $semaphore->acquire(1), fn ($semaphore) => $semaphore->acquire(0), fn ($semaphore) => $semaphore->release(),
        fn ($semaphore) => $semaphore->synchronized(fn () => 1),
    ],
    refused: [
        ...refused_timeouts('acquire'), [fn ($semaphore) => $semaphore->release(0), 'ValueError'], [fn ($semaphore) => $semaphore->release(-1), 'ValueError'],
        [fn ($semaphore) => $semaphore->release(PHP_INT_MAX), 'ValueError'],
    ],
    holds: ['semaphore' => $permit],
    waits: ['semaphore' => Wait::toHold($permit), 'signal' => new Wait(
        function ($segment) use ($signal) { while ($signal($segment)->acquire(0)); }, fn ($segment, $timeout) => $signal($segment)->acquire($timeout),
        $raise, $raise,
    )],
);
