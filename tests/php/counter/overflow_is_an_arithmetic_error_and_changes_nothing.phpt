--TEST--
counter: overflow is an arithmetic error and changes nothing
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$counter = $segment->counter('c', PHP_INT_MAX);
var_dump(thrown(fn () => $counter->add()), thrown(fn () => $counter->sub(-1)), $counter->value === PHP_INT_MAX);
$counter->exchange(PHP_INT_MIN);
var_dump(thrown(fn () => $counter->sub()), thrown(fn () => $counter->sub(PHP_INT_MIN)), $counter->add(PHP_INT_MAX), $counter->value);
?>
--EXPECT--
string(15) "ArithmeticError"
string(15) "ArithmeticError"
bool(true)
string(15) "ArithmeticError"
string(7) "nothing"
int(9223372036854775807)
int(9223372036854775807)
