<?php
return new Kind(
    class: Shoal\Event::class,
    make: fn ($segment, $name) => $segment->event($name),
    use: fn ($event) => $event->set() === null && $event->isSet() && $event->wait() && $event->clear() === null && !$event->isSet(),
    facts: ['readonly', 'waiters'],
    looks: [fn ($event) => $event->isSet(), fn ($event) => $event->wait(0), fn ($event) => $event->waiters],
    changes: [fn ($event) => $event->set(), fn ($event) => $event->clear()],
    refused: refused_timeouts('wait'),
    waits: ['event' => new Wait(
        fn ($segment) => $segment->event('x')->clear(), fn ($segment, $timeout) => $segment['x']->wait($timeout),
        fn ($segment) => $segment->event('x')->set(), readonly: true, passes: true,
    )],
);
