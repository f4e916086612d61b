--TEST--
queue: getMany ends though a producer is quicker
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$queue = fresh()->queue('q', '64K');
$producer = start(function () use ($queue) { while (true) { $queue->put('x'); } });
until(fn () => count($queue) > 500);
$took = seconds(function () use ($queue, &$got) { $got = $queue->getMany(PHP_INT_MAX); });
end_by($producer);
var_dump($took < 1, count($got) > 100 && count($got) < 100000);
?>
--EXPECT--
bool(true)
bool(true)
