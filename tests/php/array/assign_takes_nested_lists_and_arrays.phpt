--TEST--
array: assign takes nested lists and arrays
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$array = $segment->array('a', [2, 3], 'float32');
$array->assign([[1, 2, 3], [4.5, true, -6]]);
echo json_encode($array->toArray()), "\n";
$ints = $segment->array('i', [2, 3], 'int8');
$ints->assign([[1, 2, 3], [4, 1, -6]]);
echo thrown(fn () => $ints->assign($array)), "\n";
echo json_encode($ints->toArray()), "\n";
$array->slice([], [null, null, -1])->assign($ints);
echo json_encode($array->toArray()), "\n";
$array->assign($array->slice([null, null, -1]));
echo json_encode($array->toArray()), "\n";
?>
--EXPECT--
[[1,2,3],[4.5,1,-6]]
Shoal\TypeMismatch
[[1,2,3],[4,1,-6]]
[[3,2,1],[-6,1,4]]
[[-6,1,4],[3,2,1]]
