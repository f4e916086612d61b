--TEST--
condition: a block whose strict lock was refused to its wait says only that
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$lock = $segment->lock('l', strict: true);
$condition = $segment->condition('c', $lock);
foreach ([fn () => $condition->wait(10), fn () => $condition->waitFor(fn () => false, 10)] as $wait) {
    $waiter = start(function () use ($lock, $wait) {
        try {
            $lock->synchronized($wait);
        } catch (Shoal\OwnerDied $died) {
            exit($died->getPrevious() === null && !$lock->isLocked() ? 0 : 1);
        }
        exit(2);
    });
    until_waiting($condition);
    killed_after(fn () => $lock->acquire() && $condition->notify());
    var_dump(reap($waiter));
    $lock->repair();
}
?>
--EXPECT--
int(0)
int(0)
