--TEST--
lock: a second acquire by the holder is a lock error
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$lock = $segment->lock('l');
$lock->acquire();
var_dump(thrown(fn () => $lock->acquire()), thrown(fn () => $lock->acquire(0)), thrown(fn () => $segment->lock('l')->acquire(1)));
var_dump($lock->isLocked());
$lock->release();
var_dump($lock->isLocked());
?>
--EXPECT--
string(15) "Shoal\LockError"
string(15) "Shoal\LockError"
string(15) "Shoal\LockError"
bool(true)
bool(false)
