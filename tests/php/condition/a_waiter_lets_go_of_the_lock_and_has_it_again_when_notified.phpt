--TEST--
condition: a waiter lets go of the lock and has it again when notified
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$lock = $segment->lock('l');
$condition = $segment->condition('c', $lock);
var_dump($condition->lock === $lock, $condition->name, $condition->waiters);
$waiter = start(function () use ($lock, $condition) {
    $lock->acquire();
    $woken = $condition->wait(10);
    exit($woken && $lock->owner['pid'] === getmypid() ? 0 : 1);
});
until_waiting($condition);
var_dump($lock->acquire(5), $condition->waiters[0]['pid'] === $waiter, $condition->notify(), $condition->notify());
$lock->release();
var_dump(reap($waiter), $lock->acquire(5), $condition->wait(0.05), $lock->isLocked(), $lock->owner['pid'] === getmypid(), $condition->wait(0), $lock->isLocked());
?>
--EXPECT--
bool(true)
string(1) "c"
array(0) {
}
bool(true)
bool(true)
int(1)
int(0)
int(0)
bool(true)
bool(false)
bool(true)
bool(true)
bool(false)
bool(true)
