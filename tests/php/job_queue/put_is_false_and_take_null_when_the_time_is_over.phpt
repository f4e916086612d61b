--TEST--
job queue: put is false and take null when the time is over
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$queue = fresh()->jobQueue('j', 1000);
$took = seconds(function () use ($queue) { var_dump($queue->take(0.2)); });
var_dump($took >= 0.2 && $took < 0.7);
$put = $queue->putMany(array_fill(0, 50, str_repeat('x', 98)), timeout: 0.1);
var_dump($put, count($queue));
$took = seconds(function () use ($queue) { var_dump($queue->put(str_repeat('x', 98), timeout: 0.2)); });
var_dump($took >= 0.2 && $took < 0.7, thrown(fn () => $queue->put(str_repeat('x', 1001))), thrown(fn () => $queue->put(fn () => 1)), count($queue));
?>
--EXPECT--
NULL
bool(true)
int(10)
int(10)
bool(false)
bool(true)
string(10) "ValueError"
string(9) "TypeError"
int(10)
