--TEST--
kinds: a waiter can be terminated
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../../kinds/kinds.php';
of_each(waits(), function (Wait $wait, Shoal\Segment $segment) {
    $wait->hold($segment);
    $waiter = start(fn () => $wait->wait($segment));
    until_one_waits($wait, $segment);
    return same([end_by($waiter, 'TERM'), $wait->waiting($segment), serves($wait, $segment)], [-SIGTERM, 0, true]);
});
?>
--EXPECT--
all of them
