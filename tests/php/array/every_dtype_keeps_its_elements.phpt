--TEST--
array: every dtype keeps its elements
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$elements = [
    'bool' => [true, false], 'int8' => [127, -128], 'int16' => [32767, -32768], 'int32' => [2147483647, -2147483648],
    'int64' => [PHP_INT_MAX, PHP_INT_MIN], 'uint8' => [0, 255], 'uint16' => [0, 65535], 'uint32' => [0, 4294967295],
    'uint64' => [1, '18446744073709551615'], 'float16' => [1.5, -65504.0], 'float32' => [0.5, -INF], 'float64' => [0.1, 1e308],
    'complex64' => [[1.5, -2.0], [0.0, 0.25]], 'complex128' => [[0.1, 0.2], [3.0, -4.0]], 'S3' => ['abc', "\0b"],
];
foreach ($elements as $dtype => $values) {
    $array = $segment->array($dtype, [2], $dtype);
    $array[0] = $values[0];
    $array->set($values[1], 1);
    $back = $segment->array($dtype);
    if ($back->toArray() !== $values || $back[0] !== $values[0] || $back->get(1) !== $values[1] || $back->dtype !== $dtype) {
        var_dump($dtype, $back->toArray());
    }
    $array->assign([$values[1], $values[0]]);
    if ($back->toArray() !== [$values[1], $values[0]]) {
        var_dump($dtype, $back->toArray());
    }
}
echo count($segment), "\n";
?>
--EXPECT--
15
