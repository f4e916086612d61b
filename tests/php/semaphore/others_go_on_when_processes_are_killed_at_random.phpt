--TEST--
semaphore: others go on when processes are killed at random
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$semaphore = $segment->semaphore('s', 2);
$inside = $segment->counter('inside');
echo storm($segment, fn () => $semaphore->synchronized(fn () => usleep(50))), "\n";
var_dump($semaphore->acquire(1), $semaphore->acquire(1), $semaphore->acquire(0), $semaphore->value);
?>
--EXPECT--
[]
bool(true)
bool(true)
bool(false)
int(0)
