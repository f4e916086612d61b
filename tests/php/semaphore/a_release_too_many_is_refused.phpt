--TEST--
semaphore: a release too many is refused
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$semaphore = fresh()->semaphore('s', 3);
var_dump(thrown(fn () => $semaphore->release()));
$semaphore->acquire();
var_dump(thrown(fn () => $semaphore->release(2)), $semaphore->value, child(fn () => exit(thrown(fn () => $semaphore->release()) === 'Shoal\LockError' ? 0 : 1)));
$semaphore->release();
var_dump($semaphore->value);
?>
--EXPECT--
string(15) "Shoal\LockError"
string(15) "Shoal\LockError"
int(2)
int(0)
int(3)
