--TEST--
lock: a reentrant lock is taken again
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$lock = $segment->lock('l', reentrant: true);
var_dump($lock->reentrant, $lock->acquire(), $lock->acquire(0), $lock->synchronized(fn () => 'inside'));
$lock->release();
var_dump($lock->isLocked());
$lock->release();
var_dump($lock->isLocked(), thrown(fn () => $lock->release()), thrown(fn () => $segment->lock('l')), $segment['l']->reentrant);
?>
--EXPECT--
bool(true)
bool(true)
bool(true)
string(6) "inside"
bool(true)
bool(false)
string(15) "Shoal\LockError"
string(18) "Shoal\TypeMismatch"
bool(true)
