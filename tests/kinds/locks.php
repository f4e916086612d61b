<?php
$open = fn ($segment) => $segment->locks('x')['17'];
$alone = new Hold($open, 'acquire', 'release', 'synchronized', tells: true, kept: 'holds a key of it');
$shared = new Hold($open, 'read', 'release', 'readSynchronized', kept: 'holds a key of it', strongest: 'acquire');

return new Kind(
    class: Shoal\Locks::class,
    make: fn ($segment, $name) => $segment->locks($name),
    use: fn ($locks) => $locks['17']->synchronized(fn ($held) => $held->isLocked() && isset($locks['17']) && count($locks) === 1)
        && $locks[18]->readSynchronized(fn ($held) => $held->sharing === 1 && iterator_to_array($locks) === ['18']) && count($locks) === 0,
    others: [fn ($segment, $name) => $segment->locks($name, reentrant: true)],
    kept: ['reentrant', 'strict'],
    facts: ['holders', 'waiters'],
    looks: [
        fn ($locks) => count($locks), fn ($locks) => $locks->keys(), fn ($locks) => isset($locks['17']), fn ($locks) => $locks->holders,
        fn ($locks) => $locks->waiters, fn ($locks) => $locks['17']->isLocked(), fn ($locks) => $locks['17']->owner, fn ($locks) => $locks['17']->recovered,
    ],
    changes: [
        fn ($locks) => $locks['17']->acquire(), fn ($locks) => $locks['17']->read(0), fn ($locks) => $locks['17']->repair(),
        fn ($locks) => $locks['17']->synchronized(fn () => 1), fn ($locks) => $locks['17']->readSynchronized(fn () => 1),
    ],
    refused: [
        [fn ($locks) => $locks[''], 'ValueError'], [fn ($locks) => $locks[str_repeat('k', 1025)], 'ValueError'], [fn ($locks) => $locks[1.5], 'TypeError'],
    ],
    holds: ['key' => $alone, 'shared_key' => $shared],
    waits: ['key' => Wait::toHold($alone), 'shared_key' => Wait::toHold($shared, $alone), 'key_of_sharers' => Wait::toHold($alone, $shared)],
);
