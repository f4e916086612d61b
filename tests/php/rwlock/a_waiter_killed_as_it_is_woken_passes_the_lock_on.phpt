--TEST--
rwlock: a waiter killed as it is woken passes the lock on
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$seg = fresh();
$rw = $seg->rwlock('rw');
$in_time = 0;
for ($i = 0; $i < 20; $i++) {
    $rw->write();
    $in_time += seconds_to_pass_on($seg, $rw->write(...), $rw, $rw->unlock(...)) < 0.3;
}
var_dump($in_time);
?>
--EXPECT--
int(20)
