--TEST--
semaphore: permits of a killed process come back
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$semaphore = fresh()->semaphore('s', 2);
killed_after(fn () => $semaphore->acquire() && $semaphore->acquire());
var_dump(seconds(fn () => $semaphore->acquire(10)) < 0.3, $semaphore->acquire(0), $semaphore->acquire(0));
$semaphore->release(2);
$holder = holder(fn () => $semaphore->acquire() && $semaphore->acquire());
$kill = killer($holder);
$waiter = start(fn () => exit($semaphore->acquire(10) && $semaphore->acquire(1) ? 0 : 1));
until_waiting($semaphore);
var_dump(seconds(function () use ($kill, $waiter) { $kill(); var_dump(reap($waiter)); }) < 0.3, $semaphore->value);
reap($holder);
?>
--EXPECT--
bool(true)
bool(true)
bool(false)
int(0)
bool(true)
int(2)
