<?php
/** What was sent last, or null, and a reader behind it. */
$newest = function (Shoal\Segment $segment): array {
    [$reader, $last] = [$segment['x']->reader(true), null];
    try {
        while (true) {
            $last = $reader->read(0);
        }
    } catch (Shoal\Timeout) {
        return [$reader, $last];
    }
};

return new Kind(
    class: Shoal\Stream::class,
    make: fn ($segment, $name) => $segment->stream($name, 4096),
    use: fn ($stream) => ($reader = $stream->reader()) && $stream->send(['used' => true]) === $stream->newest && $reader->read() === ['used' => true]
        && $stream->read(0) === ['used' => true] && $reader->number === $stream->newest,
    others: [fn ($segment, $name) => $segment->stream($name, 8192), fn ($segment, $name) => $segment->stream($name, '1M')],
    impossible: [
        fn ($segment, $name) => $segment->stream($name, 0), fn ($segment, $name) => $segment->stream($name, -1), fn ($segment, $name) => $segment->stream($name, '0'),
        fn ($segment, $name) => $segment->stream($name, 'many'), fn ($segment, $name) => $segment->stream($name, (1 << 30) + 1),
    ],
    kept: ['capacity'],
    facts: ['readonly', 'limit', 'oldest', 'newest', 'missed', 'number', 'waiters'],
    looks: [
        fn ($stream) => $stream->capacity, fn ($stream) => $stream->limit, fn ($stream) => $stream->oldest, fn ($stream) => $stream->newest,
        fn ($stream) => $stream->missed, fn ($stream) => $stream->reader(true)->number, fn ($stream) => $stream->waiters,
    ],
    changes: [fn ($stream) => $stream->send(1), fn ($stream) => $stream->send('x', 0)],
    listed: false,
    refused: [...refused_timeouts('read'), ...refused_timeouts('send', 1)],
    waits: ['stream' => new Wait(
        fn ($segment) => $segment->stream('x')->send('hold'),
        function ($segment, $timeout) use ($newest) { // until the newest message says "free"
            [$reader, $last] = $newest($segment);
            try {
                while ($last !== 'free') {
                    $last = $reader->read($timeout);
                }
            } catch (Shoal\Timeout) {
                return false;
            }
            return true;
        },
        fn ($segment) => $segment->stream('x')->send('free'), readonly: true, passes: true,
    )],
);
