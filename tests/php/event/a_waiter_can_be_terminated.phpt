--TEST--
event: a waiter can be terminated
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$event = fresh()->event('e');
$pid = start(fn () => $event->wait());
until_waiting($event);
var_dump(end_by($pid, 'TERM') === -SIGTERM, $event->waiters);
?>
--EXPECT--
bool(true)
array(0) {
}
