--TEST--
rwlock: a waiter killed as it is woken passes the lock on
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$rw = fresh()->rwlock('rw');
$in_time = 0;
for ($i = 0; $i < 20; $i++) {
    $rw->write();
    $victim = start(fn () => $rw->write() && sleep(60));
    $other = start(fn () => exit($rw->write(10) ? 0 : 1));
    until_waiting($rw, 2);
    $kill = killer($victim);
    $in_time += seconds(function () use ($rw, $kill, $other) { $rw->unlock(); $kill(); reap($other); }) < 0.3;
    reap($victim);
}
var_dump($in_time);
?>
--EXPECT--
int(20)
