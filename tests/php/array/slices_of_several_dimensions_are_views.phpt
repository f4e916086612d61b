--TEST--
array: slices of several dimensions are views
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$array = $segment->array('a', [3, 4], 'int32');
$array->assign([[0, 1, 2, 3], [10, 11, 12, 13], [20, 21, 22, 23]]);
foreach ([[[1]], [[], [1, 3]], [1], [[], 1], [null, -1], [-1, [null, null, -1]], [[null, null, 2], [null, null, 3]], [2, 3], []] as $ranges) {
    $view = $array->slice(...$ranges);
    echo json_encode($ranges), ' ', json_encode($view->shape), ' ', json_encode($view->toArray()), "\n";
}
$array->slice([1], [2])->fill(-1);
echo json_encode($array->toArray()), "\n";
echo json_encode($array->slice([], [1])->slice([null, null, -1], [0, 2])->slice(0)->toArray()), "\n";
?>
--EXPECT--
[[1]] [2,4] [[10,11,12,13],[20,21,22,23]]
[[],[1,3]] [3,2] [[1,2],[11,12],[21,22]]
[1] [4] [10,11,12,13]
[[],1] [3] [1,11,21]
[null,-1] [3] [3,13,23]
[-1,[null,null,-1]] [4] [23,22,21,20]
[[null,null,2],[null,null,3]] [2,2] [[0,3],[20,23]]
[2,3] [] [23]
[] [3,4] [[0,1,2,3],[10,11,12,13],[20,21,22,23]]
[[0,1,2,3],[10,11,-1,-1],[20,21,-1,-1]]
[21,-1]
