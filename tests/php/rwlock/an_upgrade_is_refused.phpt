--TEST--
rwlock: an upgrade is refused
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$rw = fresh()->rwlock('rw');
$rw->read();
var_dump(thrown(fn () => $rw->write()), $rw->write(0), thrown(fn () => $rw->write(0.1)), $rw->isReading(), $rw->isWriting());
$rw->unlock();
$rw->write();
var_dump(thrown(fn () => $rw->write()), thrown(fn () => $rw->read(1)), $rw->write(0), $rw->read(0), $rw->isWriting());
$rw->unlock();
var_dump(thrown(fn () => $rw->unlock()), thrown(fn () => $rw->downgrade()));
?>
--EXPECT--
string(15) "Shoal\LockError"
bool(false)
string(15) "Shoal\LockError"
bool(true)
bool(false)
string(15) "Shoal\LockError"
string(15) "Shoal\LockError"
bool(false)
bool(false)
bool(true)
string(15) "Shoal\LockError"
string(15) "Shoal\LockError"
