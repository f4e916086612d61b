--TEST--
array: count and foreach go over the first dimension
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$array = $segment->array('a', [2, 3], 'int8');
$array->assign([[1, 2, 3], [4, 5, 6]]);
foreach ($array as $i => $row) {
    foreach ($row as $j => $element) {
        echo "$i,$j=$element ";
    }
    $row[0] = 0;
}
echo "\n", count($array), ' ', count($array[0]), ' ', json_encode($array->toArray()), ' ', json_encode(iterator_to_array($array[1])), "\n";
echo json_encode([...$array[0]]), ' ', thrown(function () use ($array) { foreach ($array as &$row); }), "\n";
?>
--EXPECT--
0,0=1 0,1=2 0,2=3 1,0=4 1,1=5 1,2=6 
2 3 [[0,2,3],[0,5,6]] [0,5,6]
[0,2,3] Error
