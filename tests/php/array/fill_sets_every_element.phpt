--TEST--
array: fill sets every element
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$array = $segment->array('a', [2, 2], 'int32');
$array->fill(5);
$array->slice(1)->fill(-1);
echo json_encode($array->toArray()), "\n";
$segment->array('s', [2], 'S4')->fill('ab');
echo json_encode($segment['s']->toArray()), "\n";
?>
--EXPECT--
[[5,5],[-1,-1]]
["ab","ab"]
