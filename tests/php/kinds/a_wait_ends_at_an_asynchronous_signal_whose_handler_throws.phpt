--TEST--
kinds: a wait ends at an asynchronous signal whose handler throws
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../../kinds/kinds.php';
pcntl_async_signals(true);
of_each(waits(), function (Wait $wait, Shoal\Segment $segment) {
    $holder = holder(fn () => $wait->hold($segment));
    $signal = fn (int $me) => start(function () use ($wait, $segment, $me) {
        until_one_waits($wait, $segment);
        exec("kill -USR1 $me");
    });
    pcntl_signal(SIGUSR1, fn () => throw new RuntimeException('signal'));
    $seen = [$signal(getmypid()) > 0, complaint(fn () => $wait->wait($segment)), $wait->waiting($segment)];
    ($segment['x']->broken ?? false) && $wait->hold($segment);
    $handled = 0;
    pcntl_signal(SIGUSR1, function () use (&$handled, $wait, $segment, $holder) {
        $handled++;
        $wait->held ? end_by($holder) : start(fn () => $wait->free($segment));
    });
    return same([...$seen, $signal(getmypid()) > 0, $wait->wait($segment, 20), $handled], [true, 'RuntimeException: signal', 0, true, true, 1]);
});
?>
--EXPECT--
all of them
