--TEST--
event: a waiter that is killed is in nobodys way
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$event = fresh()->event('e');
$in_time = 0;
for ($i = 0; $i < 10; $i++) {
    $victim = start(fn () => $event->wait());
    $other = start(fn () => exit($event->wait(10) ? 0 : 1));
    until_waiting($event, 2);
    $kill = killer($victim);
    if ($i % 2) {
        $kill();
        $in_time += seconds(function () use ($event, $other) { $event->set(); reap($other) === 0 || exit("not woken\n"); }) < 0.3;
    } else {                                // as it is woken
        $in_time += seconds(function () use ($event, $kill, $other) { $event->set(); $kill(); reap($other) === 0 || exit("not woken\n"); }) < 0.3;
    }
    reap($victim);
    $event->clear();
}
var_dump($in_time, $event->waiters);
?>
--EXPECT--
int(10)
array(0) {
}
