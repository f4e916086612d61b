--TEST--
queue: the timeout of putMany bounds what its values take to be put
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$queue = fresh('64M')->queue('q', '32M');
$values = array_fill(0, 1000000, 'a value');
$took = seconds(function () use ($queue, $values, &$put) { $put = $queue->putMany($values, 0.01); });
var_dump($put > 0 && $put < 1000000, $took < 0.5, count($queue) === $put);
?>
--EXPECT--
bool(true)
bool(true)
bool(true)
