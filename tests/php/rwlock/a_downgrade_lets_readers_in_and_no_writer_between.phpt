--TEST--
rwlock: a downgrade lets readers in and no writer between
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$rw = fresh()->rwlock('rw');
$rw->write();
$rw->downgrade();
var_dump($rw->isReading(), $rw->isWriting(), $rw->owner, count($rw->readers));
var_dump(child(fn () => exit(($rw->read(1) ? 0 : 1) + ($rw->isReading() ? 0 : 2))), child(fn () => exit($rw->write(0) ? 1 : 0)));
$rw->unlock();
var_dump(child(fn () => exit($rw->write(0) ? 0 : 1)));
?>
--EXPECT--
bool(true)
bool(false)
NULL
int(1)
int(0)
int(0)
int(0)
