--TEST--
job queue: a job with a delay is ready when it is over
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$queue = fresh()->jobQueue('j');
$queue->put('later', delay: 0.3);
var_dump(count($queue), $queue->delayed, $queue->take(0), $queue->peek());
$took = seconds(function () use ($queue, &$job) { $job = $queue->take(10); });
var_dump($job->value, $took > 0.2 && $took < 1);
$job->retry(0.2);
var_dump($job->mine, $queue->delayed, $queue->take(0));
$took = seconds(function () use ($queue, &$job) { $job = $queue->take(10); });
var_dump($job->attempt, $took > 0.1 && $took < 1, thrown(fn () => $job->retry(-1)), thrown(fn () => $job->retry(NAN)), $job->mine);
?>
--EXPECT--
int(0)
int(1)
NULL
NULL
string(5) "later"
bool(true)
bool(false)
int(1)
NULL
int(2)
bool(true)
string(10) "ValueError"
string(10) "ValueError"
bool(true)
