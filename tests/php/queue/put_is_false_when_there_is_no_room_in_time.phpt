--TEST--
queue: put is false when there is no room in time
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$queue = fresh()->queue('q', 4096);
for ($count = 0; $queue->put('12345678', 0); $count++);
var_dump($count > 100, count($queue) === $count, $queue->isFull());
$took = seconds(function () use ($queue, &$put) { $put = $queue->put(1, 0.2); });
var_dump($put, $took >= 0.2 && $took < 0.7, count($queue) === $count);
$queue->getMany(1000);
var_dump($queue->put(1, 0), $queue->isFull());
?>
--EXPECT--
bool(true)
bool(true)
bool(true)
bool(false)
bool(true)
bool(true)
bool(true)
bool(false)
