--TEST--
lock: waiters are told
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$lock = $segment->lock('l');
var_dump($lock->waiters, $lock->acquire());
$waiters = [start(fn () => $lock->acquire()), start(fn () => $lock->acquire())];
until_waiting($lock, 2);
$pids = array_column($lock->waiters, 'pid');
sort($pids);
var_dump($pids === $waiters, array_keys($lock->waiters[0]) === array_keys($lock->owner));
array_map('end_by', $waiters);
var_dump($lock->waiters);
?>
--EXPECT--
array(0) {
}
bool(true)
bool(true)
bool(true)
array(0) {
}
