--TEST--
job queue: purge drops what nobody works on
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$queue = fresh()->jobQueue('j');
$queue->putMany([1, 2, 3]);
$queue->put(4, delay: 100);
$job = $queue->take();
var_dump($queue->purge(), count($queue), $queue->delayed, $queue->taken);
$job->done();
var_dump($queue->used);
?>
--EXPECT--
int(3)
int(0)
int(0)
int(1)
int(0)
