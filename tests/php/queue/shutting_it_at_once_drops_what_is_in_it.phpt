--TEST--
queue: shutting it at once drops what is in it
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$queue = fresh()->queue('q');
$queue->putMany([1, str_repeat('x', 100000), 3]);
$queue->shutdown(true);
var_dump(count($queue), thrown(fn () => $queue->get()), thrown(fn () => $queue->put(1)));
?>
--EXPECT--
int(0)
string(14) "Shoal\ShutDown"
string(14) "Shoal\ShutDown"
