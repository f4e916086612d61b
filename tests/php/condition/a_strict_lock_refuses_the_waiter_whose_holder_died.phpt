--TEST--
condition: a strict lock refuses the waiter whose holder died
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$lock = $segment->lock('l', strict: true);
$condition = $segment->condition('c', $lock);
$waiter = start(function () use ($lock, $condition) {
    $lock->acquire();
    exit(thrown(fn () => $condition->wait(10)) === 'Shoal\OwnerDied' && !$lock->isLocked() ? 0 : 1);
});
until_waiting($condition);
killed_after(fn () => $lock->acquire() && $condition->notify());
var_dump(reap($waiter), thrown(fn () => $lock->acquire(0)));
$lock->repair();
var_dump($lock->acquire(0));
?>
--EXPECT--
int(0)
string(15) "Shoal\OwnerDied"
bool(true)
