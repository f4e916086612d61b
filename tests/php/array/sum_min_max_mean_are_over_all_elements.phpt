--TEST--
array: sum min max mean are over all elements
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
foreach (['int8' => [[1, -2], [100, 100]], 'uint64' => [['18446744073709551615', 0], [0, 0]], 'float32' => [[0.5, 1], [2, -4.25]], 'bool' => [[true, true], [false, true]]] as $dtype => $values) {
    $array = $segment->array($dtype, [2, 2], $dtype);
    $array->assign($values);
    echo $dtype, ' ', json_encode([$array->sum(), $array->min(), $array->max(), $array->mean()]), "\n";
}
$nan = $segment->array('nan', [2]);
$nan->assign([NAN, 1]);
var_dump(is_nan($nan->min()), is_nan($nan->max()), is_nan($nan->sum()));
$complex = $segment->array('c', [2], 'complex128');
$complex->assign([[1, 2], [3, 4]]);
echo json_encode([$complex->sum(), $complex->mean()]), ' ', thrown(fn () => $complex->max()), "\n";
$big = $segment->array('big', [2], 'int64');
$big->fill(PHP_INT_MAX);
$empty = $segment->array('empty', [0]);
echo thrown(fn () => $big->sum()), ' ', thrown(fn () => $empty->max()), ' ', json_encode($empty->sum()), ' ', thrown(fn () => $segment->array('s', [1], 'S2')->sum()), "\n";
var_dump(is_nan($empty->mean()));
?>
--EXPECT--
int8 [199,-2,100,49.75]
uint64 ["18446744073709551615",0,"18446744073709551615",4.611686018427388e+18]
float32 [-0.75,-4.25,2,-0.1875]
bool [3,false,true,0.75]
bool(true)
bool(true)
bool(true)
[[4,6],[2,3]] TypeError
ArithmeticError ValueError 0 TypeError
bool(true)
