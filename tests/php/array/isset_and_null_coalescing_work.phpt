--TEST--
array: isset and null coalescing work
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$array = $segment->array('a', [2, 2]);
$array[[0, 1]] = 1.0;
var_dump(isset($array[1]), isset($array[2]), isset($array[[0, 1]]), isset($array[[0, 2]]), isset($array[0][1]), isset($array[0][2]));
var_dump($array[[0, 1]] ?? 'none', $array[5] ?? 'none', $array[0][5] ?? 'none', empty($array[[0, 0]]), empty($array[[0, 1]]));
var_dump($array->offsetExists(1), $array->offsetExists(2));
?>
--EXPECT--
bool(true)
bool(false)
bool(true)
bool(false)
bool(true)
bool(false)
float(1)
string(4) "none"
string(4) "none"
bool(true)
bool(false)
bool(true)
bool(false)
