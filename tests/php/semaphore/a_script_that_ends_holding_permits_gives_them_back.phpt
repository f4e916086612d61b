--TEST--
semaphore: a script that ends holding permits gives them back
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$semaphore = fresh()->semaphore('s', 2);
var_dump(child(fn () => $semaphore->acquire() && $semaphore->acquire()), $semaphore->acquire(10), $semaphore->acquire(10));
?>
--EXPECT--
int(0)
bool(true)
bool(true)
