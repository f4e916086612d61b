--TEST--
condition: a waiter is told that a holder died
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$lock = $segment->lock('l');
$condition = $segment->condition('c', $lock);
$waiter = start(function () use ($lock, $condition) {
    $lock->acquire();
    exit(($condition->wait(10) ? 0 : 1) + ($lock->recovered ? 0 : 2));
});
until_waiting($condition);
var_dump(seconds(function () use ($lock, $condition, $waiter) {
    killed_after(fn () => $lock->acquire() && $condition->notify());
    var_dump(reap($waiter));
}) < 0.3);
?>
--EXPECT--
int(0)
bool(true)
