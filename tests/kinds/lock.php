<?php
$hold = new Hold(fn ($segment) => $segment->lock('x'), 'acquire', 'release', 'synchronized', tells: true);

return new Kind(
    class: Shoal\Lock::class,
    make: fn ($segment, $name) => $segment->lock($name),
    use: fn ($lock) => $lock->synchronized(fn ($held) => $held->isLocked()) && !$lock->isLocked(),
    others: [fn ($segment, $name) => $segment->lock($name, reentrant: true)],
    kept: ['reentrant', 'strict'],
    facts: ['recovered', 'owner', 'waiters'],
    looks: [fn ($lock) => $lock->isLocked(), fn ($lock) => $lock->owner, fn ($lock) => $lock->waiters],
    changes: [fn ($lock) => $lock->acquire(), fn ($lock) => $lock->acquire(0), fn ($lock) => $lock->release(), fn ($lock) => $lock->synchronized(fn () => 1)],
    refused: refused_timeouts('acquire'),
    holds: ['lock' => $hold],
    waits: ['lock' => Wait::toHold($hold)],
);
