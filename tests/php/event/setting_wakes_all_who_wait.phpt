--TEST--
event: setting wakes all who wait
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$event = fresh()->event('e');
$waiters = array_map(fn () => start(fn () => exit($event->wait(10) ? 0 : 1)), range(1, 4));
until_waiting($event, 4);
$pids = array_column($event->waiters, 'pid');
sort($pids);
var_dump($pids === $waiters, seconds(function () use ($event, $waiters) { $event->set(); var_dump(array_sum(array_map('reap', $waiters))); }) < 0.3, $event->waiters);
?>
--EXPECT--
int(0)
bool(true)
bool(true)
array(0) {
}
