--TEST--
array: an index out of range is out of bounds
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$array = $segment->array('a', [2, 3]);
foreach ([2, -3, [0, 3], [0, -4], [5, 0], PHP_INT_MAX, PHP_INT_MIN] as $index) {
    echo thrown(fn () => $array[$index]), ' ', thrown(fn () => $array[$index] = 1), "\n";
}
echo thrown(fn () => $array[[0, 0, 0]]), ' ', thrown(fn () => $array->get(0, 0, 0)), ' ', thrown(fn () => $array->set(1, 0, 0, 0)), "\n";
var_dump($array->sum());
?>
--EXPECT--
OutOfBoundsException OutOfBoundsException
OutOfBoundsException OutOfBoundsException
OutOfBoundsException OutOfBoundsException
OutOfBoundsException OutOfBoundsException
OutOfBoundsException OutOfBoundsException
OutOfBoundsException OutOfBoundsException
OutOfBoundsException OutOfBoundsException
OutOfBoundsException OutOfBoundsException OutOfBoundsException
float(0)
