--TEST--
job queue: exit in the callable of work gives its job back and ends the script
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$queue = fresh()->jobQueue('j');
$queue->put('x');
echo child(fn () => $queue->work(function () { exit(7); })), "\n";
var_dump($queue->take(0)->attempt);
?>
--EXPECT--
7
int(2)
