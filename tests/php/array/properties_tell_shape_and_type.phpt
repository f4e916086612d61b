--TEST--
array: properties tell shape and type
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$array = $segment->array('a', [2, 3, 4], 'int16');
echo json_encode($array), "\n";
$view = $array->slice([], [null, null, 2], 1);
echo json_encode($view), "\n";
echo json_encode([$array->ndim, $array->shape[1], isset($array->shape), isset($array->nothing)]), "\n";
echo complaint(function () use ($array) { $array->shape[0] = 5; }), "\n";
echo complaint(function () use ($array) { $array->dtype = 'x'; }), "\n";
?>
--EXPECT--
{"name":"a","shape":[2,3,4],"dtype":"int16","ndim":3,"size":24,"nbytes":48,"itemsize":2,"strides":[24,8,2],"readonly":false}
{"name":"a","shape":[2,2],"dtype":"int16","ndim":2,"size":4,"nbytes":8,"itemsize":2,"strides":[24,16],"readonly":false}
[3,3,true,false]
Error: Cannot modify readonly property Shoal\NdArray::$shape
Error: Cannot modify readonly property Shoal\NdArray::$dtype
