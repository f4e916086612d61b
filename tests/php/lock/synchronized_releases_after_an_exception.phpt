--TEST--
lock: synchronized releases after an exception
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$lock = fresh()->lock('l');
echo complaint(fn () => $lock->synchronized(fn () => throw new LogicException('mine'))), "\n";
var_dump($lock->isLocked());
echo complaint(fn () => $lock->synchronized(function ($held) { $held->release(); throw new LogicException('released'); })), "\n";
echo complaint(fn () => $lock->synchronized(fn ($held) => $held->release())) , "\n";
var_dump($lock->isLocked());
?>
--EXPECTF--
LogicException: mine
bool(false)
LogicException: released
Shoal\LockError: %s
bool(false)
