--TEST--
condition: a waiter can be terminated
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$lock = $segment->lock('l');
$condition = $segment->condition('c', $lock);
$pid = start(fn () => $lock->acquire() && $condition->wait());
until_waiting($condition);
var_dump(end_by($pid, 'TERM') === -SIGTERM, $condition->waiters, $lock->acquire(0), $lock->recovered);
?>
--EXPECT--
bool(true)
array(0) {
}
bool(true)
bool(false)
