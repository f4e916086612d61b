--TEST--
lock: a fatal error while holding a lock abandons it
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$process = proc_open(php('ini_set("display_errors", 0); $s = Shoal\open("' . $segment->name . '"); $s->lock("l")->synchronized(fn () => str_repeat("x", PHP_INT_MAX >> 4));'), [1 => ['pipe', 'w'], 2 => ['pipe', 'w']], $pipes);
var_dump(proc_close($process));
$lock = $segment->lock('l');
var_dump($lock->acquire(10), $lock->recovered);
?>
--EXPECT--
int(255)
bool(true)
bool(true)
