--TEST--
semaphore: a signal is raised by anybody and lowered by who takes it
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$signal = $segment->semaphore('s', 0, bounded: false);
var_dump($signal->bounded, $signal->value, $signal->initial, $signal->acquire(0));
killed_after(fn () => $signal->release(3));
var_dump($signal->value, $signal->acquire(0), child(fn () => exit($signal->acquire(0) ? 0 : 1)), $signal->value, $signal->holders);
var_dump(thrown(fn () => $signal->release(2147483647)), $signal->value, $segment['s']->bounded);
?>
--EXPECT--
bool(false)
int(0)
int(0)
bool(false)
int(3)
bool(true)
int(0)
int(1)
array(0) {
}
string(15) "ArithmeticError"
int(1)
bool(false)
