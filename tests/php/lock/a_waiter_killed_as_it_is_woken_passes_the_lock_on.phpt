--TEST--
lock: a waiter killed as it is woken passes the lock on
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$seg = fresh();
$lock = $seg->lock('l');
$in_time = 0;
for ($i = 0; $i < 20; $i++) {
    $lock->acquire();
    $in_time += seconds_to_pass_on($seg, $lock->acquire(...), $lock, $lock->release(...)) < 0.3;
}
var_dump($in_time);
?>
--EXPECT--
int(20)
