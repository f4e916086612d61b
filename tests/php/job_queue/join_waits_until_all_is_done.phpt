--TEST--
job queue: join waits until all is done
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$queue = fresh()->jobQueue('j');
var_dump($queue->join(0));
$queue->putMany([1, 2, 3]);
$queue->put(4, delay: 0.2);
$worker = start(function () use ($queue) { while ($job = $queue->take(1)) { usleep(10000); $job->done(); } });
var_dump($queue->join(0.01), $queue->join(10), count($queue) + $queue->taken + $queue->delayed);
reap($worker);
?>
--EXPECT--
bool(true)
bool(false)
bool(true)
int(0)
