--TEST--
lock: a fiber may suspend while it holds a lock
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$lock = fresh()->lock('l');
$fiber = new Fiber(fn () => $lock->synchronized(fn () => Fiber::suspend('held') . ' and resumed'));
var_dump($fiber->start(), $lock->isLocked(), $lock->acquire(0), thrown(fn () => $lock->acquire()));
$fiber->resume('let go');
var_dump($fiber->getReturn(), $lock->isLocked());
$left = new Fiber(fn () => $lock->synchronized(fn () => Fiber::suspend()));
$left->start();
unset($left);                               // unwinds what it was in the midst of
var_dump($lock->isLocked());
?>
--EXPECT--
string(4) "held"
bool(true)
bool(false)
string(15) "Shoal\LockError"
string(18) "let go and resumed"
bool(false)
bool(false)
