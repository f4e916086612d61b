--TEST--
job queue: others go on when processes are killed at random
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$queue = $segment->jobQueue('j', 4096, 0);
echo storm($segment, function () use ($queue) {
    $queue->put(str_repeat('x', mt_rand(1, 300)), mt_rand(0, 3), timeout: 0.01);
    ($job = $queue->take(0)) && (mt_rand(0, 9) ? $job->done() : $job->retry());
}), "\n";
?>
--EXPECT--
[]
