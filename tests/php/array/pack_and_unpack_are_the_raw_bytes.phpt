--TEST--
array: pack and unpack are the raw bytes
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$array = $segment->array('a', [2, 2], 'uint16');
$array->assign([[1, 2], [3, 65535]]);
var_dump($array->pack() === pack('S*', 1, 2, 3, 65535), $array->slice([], 1)->pack() === pack('S*', 2, 65535));
$array->unpack(pack('S*', 9, 8, 7, 6));
$array->slice([], 0)->unpack(pack('S*', 90, 70));
echo json_encode($array->toArray()), "\n";
echo thrown(fn () => $array->unpack('short')), ' ', thrown(fn () => $array->unpack(str_repeat('x', 9))), "\n";
?>
--EXPECT--
bool(true)
bool(true)
[[90,8],[70,6]]
ValueError ValueError
