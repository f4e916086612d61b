--TEST--
job queue: a forked child has none of its parent's jobs
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$queue = fresh()->jobQueue('j');
$queue->put('work');
$job = $queue->take();
echo child(function () use ($queue, $job) {
    echo json_encode([$job->value, $job->mine, thrown(fn () => $job->done()), thrown(fn () => $job->retry()), $queue->take(0), $queue->taken]), "\n";
    unset($job);
}), "\n";
var_dump($job->mine, $queue->taken);
$job->done();
?>
--EXPECT--
["work",false,"Shoal\\LockError","Shoal\\LockError",null,1]
0
bool(true)
int(1)
