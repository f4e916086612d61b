--TEST--
lock: wrong timeouts are value errors
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$lock = fresh()->lock('l');
echo complaint(fn () => $lock->acquire(-1)), "\n";
var_dump(thrown(fn () => $lock->acquire(NAN)), thrown(fn () => $lock->acquire('x')), $lock->acquire(INF));
?>
--EXPECT--
ValueError: Shoal\Lock::acquire(): Argument #1 ($timeout) must be null, 0 or a positive number of seconds
string(10) "ValueError"
string(9) "TypeError"
bool(true)
