--TEST--
lock: exit inside of synchronized abandons the lock
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$lock = fresh()->lock('l');
var_dump(child(fn () => $lock->synchronized(fn () => exit(3))));
var_dump($lock->acquire(10), $lock->recovered);
?>
--EXPECT--
int(3)
bool(true)
bool(true)
