--TEST--
condition: exit in a signal handler leaves the lock free
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$lock = $segment->lock('l');
$condition = $segment->condition('c', $lock);
$pid = start(function () use ($lock, $condition) {
    pcntl_async_signals(true);
    pcntl_signal(SIGUSR1, fn () => exit(7));
    register_shutdown_function(fn () => print json_encode([$condition->waiters, $lock->waiters]) . "\n");
    $lock->synchronized(fn () => $condition->wait());
});
until_waiting($condition);
$lock->acquire();                                   // it could not take it back
var_dump(seconds(function () use ($pid) { var_dump(end_by($pid, 'USR1')); }) < 1);
$lock->release();
var_dump($lock->acquire(0), $lock->recovered);

/* Also when it was notified, and stands at the lock. */
$pid = start(function () use ($lock, $condition) {
    pcntl_async_signals(true);
    pcntl_signal(SIGUSR1, fn () => exit(7));
    register_shutdown_function(fn () => print json_encode([$condition->waiters, $lock->waiters, $lock->isLocked()]) . "\n");
    $lock->acquire();
    $condition->wait();
});
$lock->release();
until_waiting($condition);
$lock->acquire();
$condition->notify();
until_waiting($lock);
var_dump(end_by($pid, 'USR1'), $lock->owner['pid'] === getmypid(), $condition->waiters);
?>
--EXPECT--
[[],[]]
int(7)
bool(true)
bool(true)
bool(false)
[[],[],true]
int(7)
bool(true)
array(0) {
}
