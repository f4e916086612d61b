--TEST--
job queue: workers that die at once are started ever later
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$queue = fresh()->jobQueue('j', attempts: 6);
$queue->put('bad');
$queue->shutdown();
$took = seconds(function () use ($queue, &$counts) { $counts = $queue->work(fn () => die_now(), 1); });
var_dump($counts['died'], $counts['dead'], $took > 0.7 && $took < 10);
?>
--EXPECT--
int(6)
int(1)
bool(true)
