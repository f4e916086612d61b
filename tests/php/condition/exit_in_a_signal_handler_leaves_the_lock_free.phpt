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
    $lock->synchronized(fn () => $condition->wait());
});
until_waiting($condition);
$lock->acquire();                                   // it could not take it back
var_dump(seconds(function () use ($pid) { var_dump(end_by($pid, 'USR1')); }) < 1, $condition->waiters);
$lock->release();
var_dump($lock->acquire(0), $lock->recovered);
?>
--EXPECT--
int(7)
bool(true)
array(0) {
}
bool(true)
bool(false)
