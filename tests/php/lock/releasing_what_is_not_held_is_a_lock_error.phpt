--TEST--
lock: releasing what is not held is a lock error
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$lock = fresh()->lock('l');
var_dump(thrown(fn () => $lock->release()));
$lock->acquire();
$lock->release();
var_dump(thrown(fn () => $lock->release()));
?>
--EXPECT--
string(15) "Shoal\LockError"
string(15) "Shoal\LockError"
