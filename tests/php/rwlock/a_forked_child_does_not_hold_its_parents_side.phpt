--TEST--
rwlock: a forked child does not hold its parents side
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$rw = fresh()->rwlock('rw');
$rw->read();
var_dump(child(fn () => exit(($rw->isReading() ? 1 : 0) + (thrown(fn () => $rw->unlock()) === 'Shoal\LockError' ? 0 : 2) + ($rw->write(0) ? 4 : 0) + ($rw->read(0) ? 0 : 8))));
$rw->unlock();
$rw->write();
var_dump(child(fn () => exit(($rw->isWriting() ? 1 : 0) + (thrown(fn () => $rw->unlock()) === 'Shoal\LockError' ? 0 : 2) + ($rw->read(0) ? 4 : 0))));
$rw->unlock();
var_dump(child(fn () => exit($rw->write(1) && !$rw->recovered ? 0 : 1)));
?>
--EXPECT--
int(0)
int(0)
int(0)
