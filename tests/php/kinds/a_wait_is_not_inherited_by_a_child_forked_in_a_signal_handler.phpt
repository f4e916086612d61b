--TEST--
kinds: a wait is not inherited by a child forked in a signal handler
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../../kinds/kinds.php';
pcntl_async_signals(true);
of_each(waits(), function (Wait $wait, Shoal\Segment $segment) {
    $holder = holder(fn () => $wait->hold($segment));
    $waiter = start(function () use ($wait, $segment) {
        /* The handler forks: its child goes on in the midst of a wait that is not its own. */
        pcntl_signal(SIGUSR1, function () use (&$child) { $child = pcntl_fork(); });
        $complaint = complaint(fn () => $wait->wait($segment, 10));
        if ($child === 0) {
            exit(strtok($complaint, ':') === 'Shoal\LockError' ? 0 : 1);
        }
        exit(reap($child) + ($complaint === 'nothing' ? 0 : 10));
    });
    until_one_waits($wait, $segment);
    exec("kill -USR1 $waiter; sleep 0.2");
    $wait->held ? end_by($holder) : $wait->free($segment);
    return same([reap($waiter), $wait->waiting($segment), $segment['x']->broken ?? false], [0, 0, false]);
});
?>
--EXPECT--
all of them
