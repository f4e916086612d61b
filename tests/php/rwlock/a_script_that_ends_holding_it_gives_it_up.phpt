--TEST--
rwlock: a script that ends holding it gives it up
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$rw = fresh()->rwlock('rw');
var_dump(child(fn () => $rw->read() && $rw->read()), $rw->write(10), $rw->recovered);
$rw->unlock();
var_dump(child(fn () => $rw->write()), $rw->write(10), $rw->recovered);
$rw->unlock();
var_dump($rw->write(10), $rw->recovered);
?>
--EXPECT--
int(0)
bool(true)
bool(false)
int(0)
bool(true)
bool(true)
bool(true)
bool(false)
