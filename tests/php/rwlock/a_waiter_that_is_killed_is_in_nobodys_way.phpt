--TEST--
rwlock: a waiter that is killed is in nobodys way
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$rw = fresh()->rwlock('rw');
foreach (['read', 'write'] as $how) {
    $rw->write();
    $victim = start(fn () => $rw->$how());
    until_waiting($rw);
    end_by($victim);
    $rw->unlock();
    var_dump(seconds(fn () => $rw->read(10)) < 0.3, $rw->recovered);
    $rw->unlock();
    var_dump(seconds(fn () => $rw->write(10)) < 0.3, $rw->recovered, $rw->waiters);
    $rw->unlock();
}
?>
--EXPECT--
bool(true)
bool(false)
bool(true)
bool(false)
array(0) {
}
bool(true)
bool(false)
bool(true)
bool(false)
array(0) {
}
