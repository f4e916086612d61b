--TEST--
lock: a script that ends holding a lock abandons it
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$lock = fresh()->lock('l');
var_dump(child(fn () => $lock->acquire()));
var_dump($lock->acquire(10), $lock->recovered);
?>
--EXPECT--
int(0)
bool(true)
bool(true)
