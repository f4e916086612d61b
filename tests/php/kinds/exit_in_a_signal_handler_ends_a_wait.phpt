--TEST--
kinds: exit in a signal handler ends a wait
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../../kinds/kinds.php';
of_each(waits(), function (Wait $wait, Shoal\Segment $segment, string $name) {
    $wait->hold($segment);
    $waiter = start(function () use ($wait, $segment, $name) {
        pcntl_async_signals(true);
        pcntl_signal(SIGUSR1, fn () => exit(7));
        register_shutdown_function(fn () => $wait->waiting($segment) === 0 || print "$name: it still waits\n");
        $wait->wait($segment);
    });
    until_one_waits($wait, $segment);
    return same([end_by($waiter, 'USR1'), $wait->waiting($segment), $segment['x']->broken ?? true, serves($wait, $segment)], [7, 0, true, true]);
});
?>
--EXPECT--
all of them
