--TEST--
array: 32 dimensions work
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$array = $segment->array('a', array_fill(0, 32, 1), 'int8');
$array->set(7, ...array_fill(0, 32, 0));
$value = $array->toArray();
for ($depth = 0; is_array($value); $depth++) {
    $value = $value[0];
}
var_dump($depth, $value, $array->ndim, $array->sum());
?>
--EXPECT--
int(32)
int(7)
int(32)
int(7)
