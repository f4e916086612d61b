--TEST--
array: another shape or dtype is a type mismatch
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$segment->array('a', [2, 3], 'int32');
foreach ([[[3, 2], 'int32'], [[6], 'int32'], [[2, 3, 1], 'int32'], [[2, 3], 'int64'], [[2, 3], 'uint32'], [[2, 3], null], [null, 'int64']] as [$shape, $dtype]) {
    echo thrown(fn () => $segment->array('a', $shape, $dtype)), "\n";
}
$segment['v'] = 1;
$segment->counter('c');
var_dump(thrown(fn () => $segment->array('v')), thrown(fn () => $segment->array('c')));
?>
--EXPECT--
Shoal\TypeMismatch
Shoal\TypeMismatch
Shoal\TypeMismatch
Shoal\TypeMismatch
Shoal\TypeMismatch
Shoal\TypeMismatch
Shoal\TypeMismatch
string(18) "Shoal\TypeMismatch"
string(18) "Shoal\TypeMismatch"
