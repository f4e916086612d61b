--TEST--
job queue: a job is taken, done and gone
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$queue = fresh()->jobQueue('j');
var_dump($queue->put(['id' => 7]), count($queue), $queue->peek(), $queue->used > 0);
$before = microtime(true);
$job = $queue->take();
var_dump($job->value, $job->number, $job->attempt, $job->priority, abs($job->putAt - $before) < 5, $job->mine, count($queue), $queue->taken);
var_dump(array_column($queue->holders, 'count', 'pid') === [getmypid() => 1]);
$job->done();
var_dump($job->mine, $job->value, $queue->taken, $queue->used, $queue->take(0), $queue->peek(), $queue->peek('none'));
foreach ([fn () => $job->done(), fn () => $job->retry(), fn () => $job->bury()] as $again) {
    echo complaint($again), "\n";
}
?>
--EXPECT--
bool(true)
int(1)
array(1) {
  ["id"]=>
  int(7)
}
bool(true)
array(1) {
  ["id"]=>
  int(7)
}
int(1)
int(1)
int(0)
bool(true)
bool(true)
int(0)
int(1)
bool(true)
bool(false)
array(1) {
  ["id"]=>
  int(7)
}
int(0)
int(0)
NULL
NULL
string(4) "none"
Shoal\LockError: job 1 of job queue "j" was done or given back already
Shoal\LockError: job 1 of job queue "j" was done or given back already
Shoal\LockError: job 1 of job queue "j" was done or given back already
