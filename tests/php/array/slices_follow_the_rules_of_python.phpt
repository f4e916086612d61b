--TEST--
array: slices follow the rules of python
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$array = $segment->array('a', [6], 'int8');
$array->assign([0, 1, 2, 3, 4, 5]);
foreach ([[], [2], [2, 4], [null, 3], [-2], [null, -2], [0, 100], [4, 2], [-100, 2], [null, null, 2], [1, null, 3], [null, null, -1], [4, 1, -2], [null, 2, -1], [5, 0, PHP_INT_MIN], [0, 6, PHP_INT_MAX], [100, 200], [3, 3]] as $range) {
    echo json_encode($range), ' ', json_encode($array->slice($range)->toArray()), "\n";
}
?>
--EXPECT--
[] [0,1,2,3,4,5]
[2] [2,3,4,5]
[2,4] [2,3]
[null,3] [0,1,2]
[-2] [4,5]
[null,-2] [0,1,2,3]
[0,100] [0,1,2,3,4,5]
[4,2] []
[-100,2] [0,1]
[null,null,2] [0,2,4]
[1,null,3] [1,4]
[null,null,-1] [5,4,3,2,1,0]
[4,1,-2] [4,2]
[null,2,-1] [5,4,3]
[5,0,-9223372036854775808] [5]
[0,6,9223372036854775807] [0]
[100,200] []
[3,3] []
