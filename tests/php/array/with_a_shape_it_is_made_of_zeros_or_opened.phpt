--TEST--
array: with a shape it is made of zeros or opened
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$array = $segment->array('a', [2, 3], 'int32');
var_dump($array->toArray() === [[0, 0, 0], [0, 0, 0]]);
$array[[1, 2]] = 7;
var_dump($segment->array('a', [2, 3], 'i4')[[1, 2]], $segment->array('a')[[1, 2]], $segment->array('a', dtype: '<i4')[[1, 2]]);
var_dump($segment->array('default', [1])->dtype);
?>
--EXPECT--
bool(true)
int(7)
int(7)
int(7)
string(7) "float64"
