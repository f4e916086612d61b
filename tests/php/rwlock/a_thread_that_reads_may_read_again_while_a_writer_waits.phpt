--TEST--
rwlock: a thread that reads may read again while a writer waits
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$rw = fresh()->rwlock('rw');
var_dump($rw->read(), $rw->read(0), count($rw->readers));
$writer = start(fn () => exit($rw->write(10) ? 0 : 1));
until_waiting($rw);
var_dump($rw->read(), $rw->isReading());
$rw->unlock();
$rw->unlock();
var_dump($rw->isReading(), count($rw->waiters), child(fn () => exit($rw->read(0) ? 1 : 0)));      // new readers are kept out
$rw->unlock();
var_dump($rw->isReading(), reap($writer), thrown(fn () => $rw->unlock()));
?>
--EXPECT--
bool(true)
bool(true)
int(1)
bool(true)
bool(true)
bool(true)
int(1)
int(0)
bool(false)
int(0)
string(15) "Shoal\LockError"
