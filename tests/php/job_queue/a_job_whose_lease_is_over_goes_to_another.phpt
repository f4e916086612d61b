--TEST--
job queue: a job whose lease is over goes to another
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$queue = fresh()->jobQueue('j', lease: 0.2);
$queue->put('work');
$late = $queue->take();
var_dump($queue->lease, $late->mine, $queue->take(0));
$job = $queue->take(10);
var_dump($job->attempt, $late->mine);
echo complaint(fn () => $late->done()), "\n";
unset($late);
$job->done();
var_dump($queue->join(0), $queue->dead());
?>
--EXPECTF--
float(0.2)
bool(true)
NULL
int(2)
bool(false)
Shoal\LockError: %s
bool(true)
array(0) {
}
