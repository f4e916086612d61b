--TEST--
event: an event is set and cleared for all
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$event = $segment->event('e');
var_dump($event->isSet(), $event->wait(0), $event->wait(0.02));
$event->set();
var_dump($event->isSet(), $event->wait(), $segment->event('e')->isSet(), child(fn () => exit($event->wait(0) ? 0 : 1)));
$event->set();
$event->clear();
var_dump($event->isSet(), $event->wait(0), $segment['e'] == $event);
echo json_encode($event), "\n";
?>
--EXPECT--
bool(false)
bool(false)
bool(false)
bool(true)
bool(true)
bool(true)
int(0)
bool(false)
bool(false)
bool(true)
{"name":"e","readonly":false,"waiters":[]}
