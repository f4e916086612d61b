<?php
$open = fn ($segment) => $segment->condition('x', $segment->lock('the lock'));

return new Kind(
    class: Shoal\Condition::class,
    make: fn ($segment, $name) => $segment->condition($name, $segment->lock('the lock')),
    use: fn ($condition) => $condition->lock->synchronized(fn () => $condition->notify() === 0 && !$condition->wait(0)),
    kept: ['lock'],
    facts: ['waiters'],
    looks: [fn ($condition) => $condition->waiters],
    changes: [fn ($condition) => $condition->wait(), fn ($condition) => $condition->notify(), fn ($condition) => $condition->notifyAll()],
    refused: array_map(
        fn ($refused) => [fn ($condition) => $condition->lock->synchronized(fn () => $refused[0]($condition)), $refused[1]],
        [...refused_timeouts('wait'), [fn ($condition) => $condition->notify(0), 'ValueError'], [fn ($condition) => $condition->notify(-1), 'ValueError']],
    ),
    waits: ['condition' => new Wait(
        $open, fn ($segment, $timeout) => $segment->lock('the lock')->synchronized(fn ($lock) => $open($segment)->wait($timeout) && !$lock->recovered),
        fn ($segment) => $segment->lock('the lock')->synchronized(fn () => $open($segment)->notify()),
    )],
);
