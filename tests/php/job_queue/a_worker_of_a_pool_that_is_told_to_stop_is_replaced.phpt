--TEST--
job queue: a worker of a pool that is told to stop is replaced
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
foreach (['TERM', 'INT'] as $signal) {
    $queue = $segment->jobQueue($signal);
    $queue->putMany(['stop', 'stop', 'stop', ...range(1, 30)]);
    $queue->shutdown();
    $counts = $queue->work(function ($value) use ($signal) {
        if ($value === 'stop') {
            exec("kill -$signal " . getmypid());
        }
    }, 2);
    echo json_encode($counts), "\n";
}
?>
--EXPECT--
{"done":33,"retried":0,"dead":0,"died":0,"running":0,"left":0,"errors":[]}
{"done":33,"retried":0,"dead":0,"died":0,"running":0,"left":0,"errors":[]}
