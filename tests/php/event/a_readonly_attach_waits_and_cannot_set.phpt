--TEST--
event: a readonly attach waits and cannot set
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$event = $segment->event('e');
$reader = Shoal\open($segment->name, readonly: true);
$seen = $reader['e'];
var_dump($seen->readonly, $seen->isSet(), $seen->wait(0), $seen->wait(0.02), thrown(fn () => $seen->set()), thrown(fn () => $seen->clear()));
$waiter = start(fn () => exit(Shoal\open($segment->name, readonly: true)->event('e')->wait(10) ? 0 : 1));
usleep(50000);
$event->set();
var_dump(reap($waiter), $seen->isSet(), $seen->wait());
?>
--EXPECT--
bool(true)
bool(false)
bool(false)
bool(false)
string(19) "Shoal\ReadOnlyError"
string(19) "Shoal\ReadOnlyError"
int(0)
bool(true)
bool(true)
