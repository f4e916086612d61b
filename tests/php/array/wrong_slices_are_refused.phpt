--TEST--
array: wrong slices are refused
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$array = $segment->array('a', [3, 4]);
foreach ([[[0, 1, 0]], [['a']], [[1, 2, 3, 4]], [[1 => 2, 0 => 1]], [['stop' => 1]], ['x'], [1.5], [[], [], []], [3], [0, -5]] as $ranges) {
    echo thrown(fn () => $array->slice(...$ranges)), "\n";
}
?>
--EXPECT--
ValueError
TypeError
TypeError
TypeError
TypeError
TypeError
TypeError
OutOfBoundsException
OutOfBoundsException
OutOfBoundsException
