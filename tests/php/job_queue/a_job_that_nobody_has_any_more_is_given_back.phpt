--TEST--
job queue: a job that nobody has any more is given back
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$queue = fresh()->jobQueue('j', attempts: 0);
$queue->put('work');
$queue->take();
$job = $queue->take(0);
echo $job->attempt, "\n";
$job = null;
(function () use ($queue) { $job = $queue->take(0); })();
try {
    (function () use ($queue) {
        $job = $queue->take(0);
        throw new RuntimeException("attempt $job->attempt");
    })();
} catch (RuntimeException $error) {
    echo $error->getMessage(), "\n";
}
unset($error);
child(function () use ($queue) { $job = $queue->take(0); exit; });
child(function () use ($queue) { $GLOBALS['job'] = $queue->take(0); ini_set('display_errors', 0); trigger_error('fatal', E_USER_ERROR); });
echo $queue->take(0)->attempt, "\n";
?>
--EXPECT--
2
attempt 4
7
