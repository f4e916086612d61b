--TEST--
semaphore: a waiter killed as it is woken passes the permit on
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$semaphore = fresh()->semaphore('s', 1);
$in_time = 0;
for ($i = 0; $i < 20; $i++) {
    $semaphore->acquire(1) || exit("a permit is lost\n");
    $victim = start(fn () => $semaphore->acquire() && sleep(60));
    $other = start(fn () => exit($semaphore->acquire(10) ? 0 : 1));
    until_waiting($semaphore, 2);
    $kill = killer($victim);
    $in_time += seconds(function () use ($semaphore, $kill, $other) { $semaphore->release(); $kill(); reap($other); }) < 0.3;
    reap($victim);
}
var_dump($in_time, $semaphore->acquire(1), $semaphore->value);
?>
--EXPECT--
int(20)
bool(true)
int(0)
