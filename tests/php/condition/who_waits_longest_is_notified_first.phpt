--TEST--
condition: who waits longest is notified first
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$lock = $segment->lock('l');
$condition = $segment->condition('c', $lock);
$order = $segment->counter('order');
$waiters = [];
for ($i = 0; $i < 5; $i++) {
    $waiters[] = start(fn () => exit($lock->synchronized(fn () => $condition->wait(10) ? (int) $order->add() : 99)));
    until_waiting($condition, $i + 1);
}
var_dump($lock->synchronized(fn () => $condition->notify()), reap($waiters[0]), $lock->synchronized(fn () => $condition->notify()), reap($waiters[1]));
var_dump($lock->synchronized(fn () => $condition->notify(1)), reap($waiters[2]), count($condition->waiters), $lock->synchronized(fn () => $condition->notifyAll()));
var_dump(reap($waiters[3]) + reap($waiters[4]), $lock->synchronized(fn () => $condition->notifyAll()));
?>
--EXPECT--
int(1)
int(1)
int(1)
int(2)
int(1)
int(3)
int(2)
int(2)
int(9)
int(0)
