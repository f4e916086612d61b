--TEST--
lock: a fatal error while holding a lock abandons it
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$lock = $segment->lock('l');
foreach (['str_repeat("x", PHP_INT_MAX >> 4)', 'trigger_error("x", E_USER_ERROR)'] as $error) {     // the engine leaves by unwinding, and by longjmp
    $process = proc_open(php('ini_set("display_errors", 0); $s = Shoal\open("' . $segment->name . '"); $s->lock("l")->synchronized(fn () => ' . $error . ');'), [1 => ['pipe', 'w'], 2 => ['pipe', 'w']], $pipes);
    var_dump(proc_close($process), $lock->acquire(10), $lock->recovered);
    $lock->release();
}
?>
--EXPECT--
int(255)
bool(true)
bool(true)
int(255)
bool(true)
bool(true)
