--TEST--
array: assign names the place that does not fit
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$array = $segment->array('a', [2, 2], 'int8');
foreach ([[[1, 2], [3]], [[1, 2], [3, 4], [5, 6]], [1, 2], [[1, 2], ['x' => 3, 'y' => 4]], [[1, 2], [3, 'x']], [[1, 2], [3, 300]]] as $values) {
    echo complaint(fn () => $array->assign($values)), "\n";
}
echo thrown(fn () => $array->assign('x')), ' ', thrown(fn () => $array->assign($segment->array('b', [4]))), "\n";
echo json_encode($array->toArray()), "\n";
?>
--EXPECTF--
Shoal\TypeMismatch: [1]: a list of 2 is wanted here, 1 given
Shoal\TypeMismatch: a list of 2 is wanted here, 3 given
Shoal\TypeMismatch: [0]: the list is less deep than the array has dimensions
Shoal\TypeMismatch: [1]: a list is wanted here, an array with keys given
TypeError: [1][1]: an element of dtype int8 cannot be made of string
ArithmeticError: [1][1]: %s
TypeError Shoal\TypeMismatch
[[0,0],[0,0]]
