--TEST--
kinds: a wait ends when it is let go
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../../kinds/kinds.php';
of_each(waits(), function (Wait $wait, Shoal\Segment $segment) {
    $wait->hold($segment);
    $waiter = start(fn () => exit($wait->wait($segment, 10) ? 0 : 1));
    until_one_waits($wait, $segment);
    $wait->free($segment);
    return same([reap($waiter), $wait->waiting($segment)], [0, 0]);
});
?>
--EXPECT--
all of them
