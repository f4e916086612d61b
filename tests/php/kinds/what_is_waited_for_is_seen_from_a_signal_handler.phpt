--TEST--
kinds: what is waited for is seen from a signal handler
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../../kinds/kinds.php';
pcntl_async_signals(true);
of_each(waits(), function (Wait $wait, Shoal\Segment $segment) {
    $holder = holder(fn () => $wait->hold($segment));
    $waiter = start(function () use ($wait, $segment) {
        $seen = [];
        pcntl_signal(SIGUSR1, function () use (&$seen, $wait, $segment) {
            $complaint = complaint(function () use ($segment) { unset($segment['x']); });
            $seen = [$wait->waiting($segment), strtok($complaint, ':')];
        });
        complaint(fn () => $wait->wait($segment, 1));
        exit($seen === [1, 'Shoal\LockError'] ? 0 : 1);
    });
    until_one_waits($wait, $segment);
    exec("kill -USR1 $waiter");
    $status = reap($waiter);
    end_by($holder);
    return same([$status], [0]);
});
?>
--EXPECT--
all of them
