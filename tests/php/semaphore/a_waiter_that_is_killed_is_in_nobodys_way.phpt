--TEST--
semaphore: a waiter that is killed is in nobodys way
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$semaphore = fresh()->semaphore('s', 1);
$semaphore->acquire();
$victim = start(fn () => $semaphore->acquire());
until_waiting($semaphore);
end_by($victim);
$semaphore->release();
var_dump($semaphore->value, $semaphore->waiters, $semaphore->acquire(0));
?>
--EXPECT--
int(1)
array(0) {
}
bool(true)
