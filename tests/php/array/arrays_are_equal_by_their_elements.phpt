--TEST--
array: arrays are equal by dtype, shape and elements
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$array = $segment->array('a', [2, 3], 'float64');
$array->assign([[1, 2, 3], [4, 5, 6]]);
$readonly = Shoal\open($segment->name, readonly: true)->array('a');
$copy = clone $array;
$other = $segment->array('b', [3, 2], 'float64');
$ints = $segment->array('c', [2, 3], 'int64');
$ints->assign([[1, 2, 3], [4, 5, 6]]);
$s = fn (bool ...$all) => print implode('', array_map(intval(...), $all)) . "\n";
$s($array == $segment["a"], $array == $readonly, $array == $copy, in_array($array, [$copy]), $array->slice([], 1) == $copy->slice([], 1));
$s($array === $segment['a'], $array == $other, $array == $ints, $array == 7, $array == [[1, 2, 3], [4, 5, 6]], $array == null);
$copy[[1, 1]] = 0;
$s($array == $copy, $array != $copy, $array[0] == $copy[0], $array->slice([null, null, -1]) == $array);
$array[[0, 0]] = NAN;
$copy->assign($array);
$s($array == $copy, $array == $segment['a']); // NaN equals nothing, but the same memory is the same
$copy[[0, 0]] = 0.0;
$array[[0, 0]] = -0.0;
$s($array == $copy);
$text = $segment->array('t', [2], 'S3');
$text->assign(['ab', 'c']);
$s($text == clone $text, $text == $segment->array('u', [2], 'S3'), $text == $segment->array('v', [2], 'S4'));
?>
--EXPECT--
11111
000000
0110
01
1
100
