--TEST--
job queue: SIGTERM lets work finish its job
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$queue = $segment->jobQueue('j');
$queue->putMany([1, 2, 3]);
$started = $segment->event('started');
$worker = start(function () use ($queue, $started) {
    $counts = $queue->work(function () use ($started) { $started->set(); for ($end = microtime(true) + 0.3; microtime(true) < $end; usleep(10000)); });
    exit($counts['done'] === 1 && $counts['left'] === 2 ? 0 : 1);
});
$started->wait(10);
var_dump(end_by($worker, 'TERM'), count($queue), $queue->taken);
$idle = start(function () use ($segment) { exit($segment->jobQueue('empty')->work(fn () => null)['done']); });
until_waiting($segment->jobQueue('empty'));
var_dump(end_by($idle, 'INT'));
?>
--EXPECT--
int(0)
int(2)
int(0)
int(0)
