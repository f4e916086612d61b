--TEST--
semaphore: a forked child does not hold its parents permits
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$semaphore = fresh()->semaphore('s', 1);
$semaphore->acquire();
var_dump(child(fn () => exit((thrown(fn () => $semaphore->release()) === 'Shoal\LockError' ? 0 : 1) + ($semaphore->acquire(0) ? 2 : 0))), $semaphore->value);
$semaphore->release();
var_dump($semaphore->value);
?>
--EXPECT--
int(0)
int(0)
int(1)
