--TEST--
job queue: no dead job is revived after an immediate shutdown
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$queue = fresh()->jobQueue('j');
$queue->put(1);
$queue->take()->bury();
$queue->shutdown(true);
foreach ([null, 1] as $number) {
    try {
        echo $queue->revive($number);
    } catch (Shoal\ShutDown $error) {
        echo $error->getMessage(), "\n";
    }
}
echo count($queue), count($queue->dead()), $queue->drop(), "\n";
?>
--EXPECT--
the job queue was shut down at once: a dead job would never be taken again; it can be read, and dropped
the job queue was shut down at once: a dead job would never be taken again; it can be read, and dropped
011
