--TEST--
condition: a notification of one whose signal handler throws goes to another
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$lock = $segment->lock('l');
$condition = $segment->condition('c', $lock);
foreach (['before it is notified', 'at the lock'] as $when) {
    $first = start(function () use ($lock, $condition) {
        pcntl_async_signals(true);
        pcntl_signal(SIGUSR1, fn () => throw new RuntimeException('signal'));
        $lock->acquire();
        echo complaint(fn () => $condition->wait(10)), ' ', json_encode($lock->owner['pid'] === getmypid()), "\n";
        $lock->release();
    });
    until_waiting($condition);
    $second = start(fn () => exit($lock->synchronized(fn () => $condition->wait(10)) ? 0 : 1));
    until_waiting($condition, 2);
    $lock->acquire();
    if ($when === 'at the lock') {
        $condition->notify();
        until_waiting($lock);
        exec("kill -USR1 $first");
    } else {
        exec("kill -USR1 $first");
        until_waiting($lock);               // to take it back, for its exception
        $condition->notify();               // and it is still the one that waits longest
    }
    usleep(100000);
    var_dump(count($lock->waiters));        // it stays there
    $lock->release();
    var_dump(reap($first), seconds(fn () => reap($second)) < 0.3);
}
var_dump($condition->waiters, $lock->acquire(0));
?>
--EXPECT--
int(1)
RuntimeException: signal true
int(0)
bool(true)
int(1)
RuntimeException: signal true
int(0)
bool(true)
array(0) {
}
bool(true)
