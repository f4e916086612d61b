--TEST--
semaphore: a waiter can be terminated
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$semaphore = fresh()->semaphore('s', 1);
$semaphore->acquire();
$pid = start(fn () => $semaphore->acquire());
until_waiting($semaphore);
var_dump(end_by($pid, 'TERM') === -SIGTERM, $semaphore->waiters);
$semaphore->release();
var_dump($semaphore->value);
?>
--EXPECT--
bool(true)
array(0) {
}
int(1)
