--TEST--
condition: without the lock waiting and notifying are refused
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$lock = $segment->lock('l');
$condition = $segment->condition('c', $lock);
var_dump(thrown(fn () => $condition->wait()), thrown(fn () => $condition->notify()), thrown(fn () => $condition->notifyAll()), thrown(fn () => $condition->waitFor(fn () => false)), $condition->waitFor(fn () => 5));
$lock->acquire();
var_dump(thrown(fn () => $condition->notify(0)), child(fn () => exit(thrown(fn () => $condition->notify()) === 'Shoal\LockError' ? 0 : 1)));
?>
--EXPECT--
string(15) "Shoal\LockError"
string(15) "Shoal\LockError"
string(15) "Shoal\LockError"
string(15) "Shoal\LockError"
int(5)
string(10) "ValueError"
int(0)
