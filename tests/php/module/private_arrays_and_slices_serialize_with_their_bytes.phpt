--TEST--
module: private arrays and slices serialize with their bytes
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$array = $segment->array('a', [2, 2], 'int16');
$array->assign([[1, 2], [3, 4]]);
$copy = unserialize(serialize(clone $array));
$column = unserialize(serialize($array->slice([], 1)));
$array->fill(0);
echo json_encode([$copy->name, $copy->dtype, $copy->toArray(), $column->toArray()]), "\n";
?>
--EXPECT--
[null,"int16",[[1,2],[3,4]],[2,4]]
