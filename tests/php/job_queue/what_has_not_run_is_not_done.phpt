--TEST--
job queue: what has not run is not done
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$queue = fresh()->jobQueue('j', attempts: 2);
$queue->put(1);
$queue->shutdown();
echo json_encode($queue->work(function ($value) { yield $value; })), "\n";
?>
--EXPECT--
{"done":0,"retried":1,"dead":1,"died":0,"running":0,"left":0,"errors":["TypeError: The callable returned a Generator, of which nothing has run: the job is not done","TypeError: The callable returned a Generator, of which nothing has run: the job is not done"]}
