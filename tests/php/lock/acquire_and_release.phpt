--TEST--
lock: acquire and release
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$lock = fresh()->lock('l');
var_dump($lock->isLocked(), $lock->owner, $lock->acquire(), $lock->isLocked(), $lock->owner['pid'] === getmypid(), $lock->recovered);
$lock->release();
var_dump($lock->isLocked(), $lock->owner, $lock->name, $lock->reentrant, $lock->strict);
echo json_encode($lock), "\n";
?>
--EXPECT--
bool(false)
NULL
bool(true)
bool(true)
bool(true)
bool(false)
bool(false)
NULL
string(1) "l"
bool(false)
bool(false)
{"name":"l","reentrant":false,"strict":false,"recovered":false,"owner":null,"waiters":[]}
