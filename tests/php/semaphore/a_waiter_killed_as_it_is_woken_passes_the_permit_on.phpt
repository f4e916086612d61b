--TEST--
semaphore: a waiter killed as it is woken passes the permit on
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$seg = fresh();
$semaphore = $seg->semaphore('s', 1);
$in_time = 0;
for ($i = 0; $i < 20; $i++) {
    $semaphore->acquire(1) || exit("a permit is lost\n");
    $in_time += seconds_to_pass_on($seg, $semaphore->acquire(...), $semaphore, $semaphore->release(...)) < 0.3;
}
var_dump($in_time, $semaphore->acquire(1), $semaphore->value);
?>
--EXPECT--
int(20)
bool(true)
int(0)
