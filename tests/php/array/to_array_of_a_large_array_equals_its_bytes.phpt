--TEST--
array: to array of a large array equals its bytes
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh('64M');
$array = $segment->array('a', [1000, 500], 'int32');
$bytes = random_bytes(1000 * 500 * 4);
$array->unpack($bytes);
$list = $array->toArray();
var_dump(array_merge(...$list) === array_values(unpack('l*', $bytes)), $array->pack() === $bytes);
?>
--EXPECT--
bool(true)
bool(true)
