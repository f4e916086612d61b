--TEST--
condition: the notification of a waiter that is killed goes to another
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$lock = $segment->lock('l');
$condition = $segment->condition('c', $lock);
$in_time = 0;
for ($i = 0; $i < 20; $i++) {
    $victim = start(fn () => $lock->acquire() && $condition->wait() && sleep(60));
    until_waiting($condition);
    $kill = killer($victim);
    $other = start(fn () => exit($lock->synchronized(fn () => $condition->wait(10)) ? 0 : 1));
    until_waiting($condition, 2);
    $in_time += seconds(function () use ($lock, $condition, $kill, $other, $i) {
        $lock->acquire();
        $condition->notify() === 1 || exit("nobody was notified\n");
        if ($i % 2) {
            $kill();                        // notified, and it cannot have the lock yet
            $lock->release();
        } else {
            $lock->release();               // it may have the lock, or not
            $kill();
            usleep(1000);
            $lock->acquire();
            $condition->notify();
            $lock->release();
        }
        reap($other) === 0 || exit("the notification was lost\n");
    }) < 0.3;
    reap($victim);
}
var_dump($in_time, $condition->waiters);
?>
--EXPECT--
int(20)
array(0) {
}
