--TEST--
condition: a fatal error in a signal handler leaves the lock free
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$lock = $segment->lock('l');
$condition = $segment->condition('c', $lock);
ini_set('display_errors', 0);
$pid = start(function () use ($lock, $condition) {
    pcntl_async_signals(true);
    pcntl_signal(SIGUSR1, fn () => trigger_error('x', E_USER_ERROR));
    register_shutdown_function(fn () => print json_encode([$condition->waiters, $lock->waiters, $lock->isLocked()]) . "\n");
    $lock->synchronized(fn () => $condition->wait());
});
until_waiting($condition);
var_dump(end_by($pid, 'USR1'), $lock->acquire(0), $lock->recovered);
?>
--EXPECT--
[[],[],false]
int(255)
bool(true)
bool(false)
