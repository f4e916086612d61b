<?php
return new Kind(
    class: Shoal\Counter::class,
    listed: false,
    make: fn ($segment, $name) => $segment->counter($name, 5),
    use: fn ($counter) => $counter->add() === 6 && $counter->sub() === 5,
    kept: ['value'],
    facts: ['readonly', 'waiters'],
    looks: [fn ($counter) => $counter->value, fn ($counter) => (int) $counter, fn ($counter) => $counter->wait(0, 0), fn ($counter) => $counter->waiters],
    changes: [
        fn ($counter) => $counter->add(), fn ($counter) => $counter->sub(), fn ($counter) => $counter->exchange(0),
        fn ($counter) => $counter->compareExchange(5, 6),
    ],
    refused: refused_timeouts('wait', 1),
    waits: ['counter' => new Wait(
        fn ($segment) => $segment->counter('x')->exchange(0), fn ($segment, $timeout) => $segment['x']->wait(0, $timeout),
        fn ($segment) => $segment->counter('x')->add(), readonly: true, passes: true,
    )],
);
