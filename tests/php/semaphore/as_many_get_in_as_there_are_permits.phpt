--TEST--
semaphore: as many get in as there are permits
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$semaphore = $segment->semaphore('s', 2);
var_dump($semaphore->value, $semaphore->initial, $semaphore->bounded, $semaphore->acquire(), $semaphore->acquire(0), $semaphore->value, $semaphore->acquire(0), $semaphore->acquire(0.05));
$semaphore->release();
var_dump($semaphore->value, $semaphore->acquire(0));
$semaphore->release(2);
var_dump($semaphore->value, $segment->semaphore('t')->initial, thrown(fn () => $segment->semaphore('s', 3)), thrown(fn () => $segment->semaphore('s', 2, bounded: false)), $segment['s'] == $semaphore);
echo json_encode($semaphore), "\n";
?>
--EXPECT--
int(2)
int(2)
bool(true)
bool(true)
bool(true)
int(0)
bool(false)
bool(false)
int(1)
bool(true)
int(2)
int(1)
string(18) "Shoal\TypeMismatch"
string(18) "Shoal\TypeMismatch"
bool(true)
{"name":"s","value":2,"initial":2,"bounded":true,"holders":[],"waiters":[]}
