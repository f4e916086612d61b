--TEST--
job queue: a job that failed in work is tried again after its delay
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$queue = fresh()->jobQueue('j');
$queue->put('x');
$queue->shutdown();
$times = [];
$counts = $queue->work(function () use (&$times) { $times[] = microtime(true); count($times) < 3 && throw new Exception('not yet'); }, delay: 0.2);
var_dump($counts['done'], $counts['retried'], $times[1] - $times[0] > 0.19, $times[2] - $times[1] > 0.19 && $times[2] - $times[0] < 2);
?>
--EXPECT--
int(1)
int(2)
bool(true)
bool(true)
