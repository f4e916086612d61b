--TEST--
lock: a waiter killed as it is woken passes the lock on
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$lock = fresh()->lock('l');
$in_time = 0;
for ($i = 0; $i < 20; $i++) {
    $lock->acquire();
    $victim = start(fn () => $lock->acquire() && sleep(60));
    $other = start(fn () => exit($lock->acquire(10) ? 0 : 1));
    until_waiting($lock, 2);
    $kill = killer($victim);
    $in_time += seconds(function () use ($lock, $kill, $other) { $lock->release(); $kill(); reap($other); }) < 0.3;
    reap($victim);
}
var_dump($in_time);
?>
--EXPECT--
int(20)
