--TEST--
rwlock: wrong timeouts are value errors
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$rw = fresh()->rwlock('rw');
echo complaint(fn () => $rw->read(-1)), "\n", complaint(fn () => $rw->write(NAN)), "\n";
var_dump(thrown(fn () => $rw->read('x')), $rw->read(INF));
?>
--EXPECT--
ValueError: Shoal\RWLock::read(): Argument #1 ($timeout) must be null, 0 or a positive number of seconds
ValueError: Shoal\RWLock::write(): Argument #1 ($timeout) must be null, 0 or a positive number of seconds
string(9) "TypeError"
bool(true)
