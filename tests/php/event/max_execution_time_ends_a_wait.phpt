--TEST--
event: max execution time ends a wait
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$event = $segment->event('e');
echo one_second($segment, 'register_shutdown_function(fn () => print json_encode($s["e"]->waiters)); $s["e"]->wait();'), "\n";
var_dump($event->waiters, $event->isSet());
?>
--EXPECTF--
%AFatal error: Maximum execution time of 1 second exceeded in Command line code on line 1
[]
255
array(0) {
}
bool(false)
