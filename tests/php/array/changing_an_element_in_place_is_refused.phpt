--TEST--
array: changing an element in place is refused
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$array = $segment->array('a', [2]);
echo complaint(function () use ($array) { $array[0]++; }), "\n";
echo complaint(function () use ($array) { $reference = &$array[0]; }), "\n";
$array[0] += 1;
var_dump($array[0]);
?>
--EXPECT--
Error: An element read from an NdArray is a copy: change the copy and assign it
Error: An element read from an NdArray is a copy: change the copy and assign it
float(1)
