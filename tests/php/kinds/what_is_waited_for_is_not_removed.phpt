--TEST--
kinds: what is waited for is not removed
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../../kinds/kinds.php';
of_each(array_intersect_key(waits(), ['signal' => 0, 'event' => 0, 'barrier' => 0]), function (Wait $wait, Shoal\Segment $segment) {
    $wait->hold($segment);
    $waiter = start(fn () => exit($wait->wait($segment, 20) ? 0 : 1));
    until_one_waits($wait, $segment);
    $remove = function () use ($segment) { unset($segment['x']); };
    $seen = [preg_match("/^Shoal.LockError: .*pid $waiter.*waits (for|at) it/", complaint($remove)), isset($segment['x'])];
    $wait->free($segment);
    return same([...$seen, reap($waiter), $remove(), count($segment)], [1, true, 0, null, 0]);
});
?>
--EXPECT--
all of them
