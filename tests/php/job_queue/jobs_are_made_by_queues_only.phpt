--TEST--
job queue: jobs are made by queues only
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$queue = fresh()->jobQueue('j');
$queue->put(1);
$job = $queue->take();
foreach ([fn () => new Shoal\Job, fn () => clone $job, fn () => serialize($job), fn () => $job->value = 2, fn () => $job->other = 2] as $call) {
    echo complaint($call), "\n";
}
var_dump((new ReflectionClass('Shoal\Job'))->isFinal(), isset($job->value, $job->mine), isset($job->other));
?>
--EXPECT--
Error: Call to private Shoal\Job::__construct() from global scope
Error: Trying to clone an uncloneable object of class Shoal\Job
Exception: Serialization of 'Shoal\Job' is not allowed
Error: Cannot modify readonly property Shoal\Job::$value
Error: Cannot create dynamic property Shoal\Job::$other
bool(true)
bool(true)
bool(false)
