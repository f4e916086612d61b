--TEST--
array: an index must be an int
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$array = $segment->array('a', [2]);
foreach (['0', 0.0, null, true, ['0'], [null], [1 => 0], ['x' => 0], new stdClass] as $index) {
    echo thrown(fn () => $array[$index]), ' ', thrown(fn () => $array[$index] = 1), "\n";
}
echo thrown(fn () => $array[] = 1), ' ', thrown(function () use ($array) { unset($array[0]); }), ' ', thrown(fn () => $array->get('0')), "\n";
?>
--EXPECT--
TypeError TypeError
TypeError TypeError
TypeError TypeError
TypeError TypeError
TypeError TypeError
TypeError TypeError
TypeError TypeError
TypeError TypeError
TypeError TypeError
Error Error TypeError
