--TEST--
kinds: a waiter goes on when the holder is killed
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../../kinds/kinds.php';
of_each(array_filter(waits(), fn ($wait) => $wait->held), function (Wait $wait, Shoal\Segment $segment) {
    $kill = killer($holder = holder(fn () => $wait->hold($segment)));
    $waiter = start(fn () => exit($wait->wait($segment, 10) && $wait->told($segment) === $wait->tells ? 0 : 1));
    until_one_waits($wait, $segment);
    $in_time = seconds(function () use ($kill, $waiter, &$end) { $kill(); $end = reap($waiter); }) < 0.3;
    return same([$end, $in_time, reap($holder)], [0, true, -SIGKILL]);
});
?>
--EXPECT--
all of them
