--TEST--
array: clone is a private copy
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$array = $segment->array('a', [2, 2], 'int32');
$array->assign([[1, 2], [3, 4]]);
$copy = clone $array;
$column = clone $array->slice([], 1);
$array->fill(0);
$copy[[0, 0]] = 9;
$again = clone $copy;
$copy->fill(5);
echo json_encode([$copy->name, $column->toArray(), $column->strides, $again->toArray(), $array->toArray(), $copy == $copy, $copy == $again, $again == clone $again]), "\n";
?>
--EXPECT--
[null,[2,4],[4],[[9,2],[3,4]],[[0,0],[0,0]],true,false,true]
