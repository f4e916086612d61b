--TEST--
queue: others go on when processes are killed at random
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$queue = $segment->queue('q', 4096);
echo storm($segment, function () use ($queue) {
    $queue->putMany(['a', str_repeat('x', 3000)], 0.01);
    $queue->put('b', 0.01);
    $queue->getMany(3, 0);
    $queue->tryGet();
}), "\n";
var_dump($queue->putMany([1, 2, 3], 0) <= 3);
?>
--EXPECT--
[]
bool(true)
