--TEST--
lock: properties are readonly
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$lock = fresh()->lock('l');
echo complaint(function () use ($lock) { $lock->recovered = true; }), "\n";
echo json_encode($lock), "\n";
?>
--EXPECT--
Error: Cannot modify readonly property Shoal\Lock::$recovered
{"name":"l","reentrant":false,"strict":false,"recovered":false,"owner":null,"waiters":[]}
