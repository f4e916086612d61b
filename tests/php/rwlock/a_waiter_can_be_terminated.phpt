--TEST--
rwlock: a waiter can be terminated
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$rw = fresh()->rwlock('rw');
$rw->write();
foreach (['read', 'write'] as $how) {
    $pid = start(fn () => $rw->$how());
    until_waiting($rw);
    var_dump(end_by($pid, 'TERM') === -SIGTERM, $rw->isWriting(), $rw->waiters);
}
$rw->unlock();
var_dump($rw->write(1), $rw->recovered);
?>
--EXPECT--
bool(true)
bool(true)
array(0) {
}
bool(true)
bool(true)
array(0) {
}
bool(true)
bool(false)
