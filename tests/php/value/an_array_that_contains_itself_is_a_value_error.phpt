--TEST--
value: an array that contains itself is a value error
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$value = [1, 2];
$value['self'] = &$value;
echo complaint(fn () => $segment['k'] = $value), "\n";
$one = ['name' => 'one'];
$other = ['one' => &$one];
$one['other'] = &$other;
echo complaint(fn () => $segment['k'] = $one), "\n";
$twice = [7];
$segment['k'] = [$twice, $twice, [$twice]];
echo json_encode($segment['k']), ' ', count($segment), "\n";
?>
--EXPECT--
ValueError: an array that contains itself cannot be stored in a segment
ValueError: an array that contains itself cannot be stored in a segment
[[7],[7],[[7]]] 1
