--TEST--
counter: waiters are told
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$counter = fresh()->counter('c');
$waiter = start(fn () => $counter->wait(0));
until_waiting($counter);
var_dump($counter->waiters[0]['pid'] === $waiter);
$counter->add();
var_dump(reap($waiter), $counter->waiters);
?>
--EXPECT--
bool(true)
int(0)
array(0) {
}
