--TEST--
rwlock: a reader may read again
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$rw = fresh()->rwlock('rw');
var_dump($rw->read(), $rw->read(0), count($rw->readers));
$rw->unlock();
var_dump($rw->isReading(), child(fn () => exit($rw->write(0) ? 1 : 0)));
$rw->unlock();
var_dump($rw->isReading(), child(fn () => exit($rw->write(0) ? 0 : 1)), thrown(fn () => $rw->unlock()));
?>
--EXPECT--
bool(true)
bool(true)
int(1)
bool(true)
int(0)
bool(false)
int(0)
string(15) "Shoal\LockError"
