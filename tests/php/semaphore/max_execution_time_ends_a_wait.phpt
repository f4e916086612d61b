--TEST--
semaphore: max execution time ends a wait
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$semaphore = $segment->semaphore('s', 1);
$semaphore->acquire();
echo one_second($segment, 'register_shutdown_function(fn () => print json_encode($s["s"]->waiters)); $s["s"]->acquire();'), "\n";
$semaphore->release();
var_dump($semaphore->waiters, $semaphore->value);
?>
--EXPECTF--
%AFatal error: Maximum execution time of 1 second exceeded in Command line code on line 1
[]
255
array(0) {
}
int(1)
