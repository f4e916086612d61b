--TEST--
queue: get throws Timeout when there is nothing in time
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$queue = fresh()->queue('q');
$took = seconds(function () use ($queue) { echo complaint(fn () => $queue->get(0.2)), "\n"; });
var_dump($took >= 0.2 && $took < 0.7, thrown(fn () => $queue->get(0)), $queue->tryGet(), $queue->tryGet('nothing'), $queue->getMany(5, 0), $queue->getMany(5, 0.05));
$queue->put(false);
var_dump($queue->tryGet('nothing'));
?>
--EXPECTF--
Shoal\Timeout: queue "q" in segment "%s" is empty, and the deadline passed
bool(true)
string(13) "Shoal\Timeout"
NULL
string(7) "nothing"
array(0) {
}
array(0) {
}
bool(false)
