--TEST--
job queue: the job of a killed worker goes to another at once
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$queue = $segment->jobQueue('j');
$queue->put('work');
$victim = holder(fn () => $GLOBALS['job'] = $queue->take());
$other = start(fn () => exit(($job = $queue->take(10))?->value === 'work' && $job->attempt === 2 && $job->done() === null ? 0 : 1));
until_waiting($queue);
$took = seconds(function () use ($victim, $other) { end_by($victim); echo reap($other), "\n"; });
var_dump($took < 1, $queue->take(0), $queue->join(0), $segment->check());
?>
--EXPECT--
0
bool(true)
NULL
bool(true)
array(0) {
}
