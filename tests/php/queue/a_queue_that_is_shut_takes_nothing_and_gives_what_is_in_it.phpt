--TEST--
queue: a queue that is shut takes nothing, and gives what is in it
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$queue = fresh()->queue('q', 4096);
$queue->putMany([1, 2]);
$queue->shutdown();
$queue->shutdown();
var_dump(thrown(fn () => $queue->put(3)), thrown(fn () => $queue->putMany([3])), $queue->isShutdown, $queue->get(), $queue->tryGet());
var_dump(thrown(fn () => $queue->get()), thrown(fn () => $queue->getMany(1)), thrown(fn () => $queue->tryGet('x')));
?>
--EXPECT--
string(14) "Shoal\ShutDown"
string(14) "Shoal\ShutDown"
bool(true)
int(1)
int(2)
string(14) "Shoal\ShutDown"
string(14) "Shoal\ShutDown"
string(14) "Shoal\ShutDown"
