--TEST--
lock: a strict lock refuses until repaired
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$lock = $segment->lock('l', strict: true);
killed_after(fn () => $lock->acquire());
var_dump(thrown(fn () => $lock->acquire()), thrown(fn () => $lock->acquire(0)), thrown(fn () => $lock->synchronized(fn () => 1)));
$lock->repair();
var_dump($lock->acquire(0), $lock->recovered, $lock->strict);
$lock->release();
var_dump(thrown(fn () => $lock->repair()));
?>
--EXPECT--
string(15) "Shoal\OwnerDied"
string(15) "Shoal\OwnerDied"
string(15) "Shoal\OwnerDied"
bool(true)
bool(false)
bool(true)
string(15) "Shoal\LockError"
