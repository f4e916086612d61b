--TEST--
event: who waits is woken though it is cleared at once
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$event = fresh()->event('e');
$waiters = array_map(fn () => start(fn () => exit($event->wait(10) ? 0 : 1)), range(1, 3));
until_waiting($event, 3);
$event->set();
$event->clear();
var_dump(array_sum(array_map('reap', $waiters)), $event->isSet());
?>
--EXPECT--
int(0)
bool(false)
