--TEST--
rwlock: a dead reader does not block a writer
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$rw = fresh()->rwlock('rw');
killed_after(fn () => $rw->read() && $rw->read());
var_dump(seconds(fn () => $rw->write(10)) < 0.3, $rw->isWriting(), $rw->recovered);
?>
--EXPECT--
bool(true)
bool(true)
bool(false)
