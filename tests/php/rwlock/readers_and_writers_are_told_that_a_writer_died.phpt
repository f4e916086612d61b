--TEST--
rwlock: readers and writers are told that a writer died
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$rw = fresh()->rwlock('rw');
killed_after(fn () => $rw->write());
var_dump(seconds(fn () => $rw->read(10)) < 0.3, $rw->recovered);
var_dump(child(fn () => exit($rw->read(1) && $rw->recovered ? 0 : 1)));       // readers, until a writer has come
$rw->unlock();
var_dump($rw->write(1), $rw->recovered);
$rw->unlock();
var_dump($rw->recovered, $rw->read(1), $rw->recovered);
?>
--EXPECT--
bool(true)
bool(true)
int(0)
bool(true)
bool(true)
bool(false)
bool(true)
bool(false)
