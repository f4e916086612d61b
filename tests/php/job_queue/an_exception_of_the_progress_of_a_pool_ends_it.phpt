--TEST--
job queue: an exception of the progress of a pool ends it
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$queue = $segment->jobQueue('j');
$queue->putMany(range(1, 100));
echo complaint(fn () => $queue->work(fn () => usleep(10000), 2, fn (array $counts) => throw new RuntimeException("after some"))), "\n";
var_dump($queue->taken, count($queue) < 100, $queue->dead(), count($segment->info()['peers']));
?>
--EXPECT--
RuntimeException: after some
int(0)
bool(true)
array(0) {
}
int(1)
