--TEST--
rwlock: readers share and a writer excludes
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$rw = fresh()->rwlock('rw');
$reader = holder(fn () => $rw->read());
var_dump($rw->read(0), $rw->isReading(), $rw->isWriting());
$rw->unlock();
var_dump($rw->write(0), $rw->write(0.05), end_by($reader), $rw->write(5), $rw->isWriting(), $rw->recovered);
var_dump(child(fn () => exit(($rw->read(0) ? 1 : 0) + ($rw->write(0.05) ? 2 : 0) + ($rw->isWriting() ? 4 : 0))));
$rw->unlock();
var_dump($rw->isReading(), $rw->isWriting(), child(fn () => exit($rw->write(0) ? 0 : 1)));
?>
--EXPECT--
bool(true)
bool(true)
bool(false)
bool(false)
bool(false)
int(-9)
bool(true)
bool(true)
bool(false)
int(0)
bool(false)
bool(false)
int(0)
