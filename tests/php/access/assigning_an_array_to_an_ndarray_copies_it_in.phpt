--TEST--
access: assigning an array to an ndarray copies it in
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$array = $segment->array('a', [2, 2]);
$segment['a'] = [[1, 2], [3, 4.5]];
var_dump($array->toArray() === [[1.0, 2.0], [3.0, 4.5]]);
$copy = clone $array;
$copy[[0, 0]] = 9.0;
$segment['a'] = $copy;
var_dump($array[[0, 0]], $segment['a']->name);
var_dump(thrown(fn () => $segment['a'] = [1, 2]), thrown(fn () => $segment['a'] = [[1, 2], [3]]));
var_dump(thrown(fn () => $segment['a'] = $segment->array('other', [2, 2], 'int32')));
var_dump(thrown(fn () => $segment['a'] = $segment->array('shorter', [2])));
var_dump($array[[0, 0]]);
?>
--EXPECT--
bool(true)
float(9)
string(1) "a"
string(18) "Shoal\TypeMismatch"
string(18) "Shoal\TypeMismatch"
string(18) "Shoal\TypeMismatch"
string(18) "Shoal\TypeMismatch"
float(9)
