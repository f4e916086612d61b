--TEST--
array: wrong shapes and dtypes are value errors
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
foreach ([[-1], [1 << 40, 1 << 40], array_fill(0, 33, 1), [PHP_INT_MAX]] as $shape) {
    echo thrown(fn () => $segment->array('a', $shape)), "\n";
}
foreach ([[1.5], ['2'], [null], [[1]], [1 => 2, 0 => 3]] as $shape) {
    echo thrown(fn () => $segment->array('a', $shape)), "\n";
}
foreach (['', 'float63', 'object', 'S0', '>i4', 'U5'] as $dtype) {
    echo thrown(fn () => $segment->array('a', [1], $dtype)), "\n";
}
var_dump(count($segment));
?>
--EXPECT--
ValueError
ValueError
ValueError
ValueError
TypeError
TypeError
TypeError
TypeError
TypeError
ValueError
ValueError
ValueError
ValueError
ValueError
ValueError
int(0)
