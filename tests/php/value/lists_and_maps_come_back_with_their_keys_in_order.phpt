--TEST--
value: lists and maps come back with their keys in order
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$values = [
    [], [[]], [1, 2, 3], ['b' => 1, 'a' => 2], [5 => 'x', 3 => 'y'], [1 => 'a', 0 => 'b'], ['' => 'empty'],
    [-1 => 'minus', PHP_INT_MAX => 'max'], ["\xff" => 'binary key'], ['a' => ['b' => ['c' => [1, [2, [3]]]]]],
    range(0, 70000), array_fill_keys(range(1, 70000), null),
];
foreach ($values as $value) {
    $segment['k'] = $value;
    if ($segment['k'] !== $value) {
        var_dump($value, $segment['k']);
    }
}
$holes = [1, 2, 3];
unset($holes[1]);
$segment['k'] = $holes;
var_dump($segment['k']);
?>
--EXPECT--
array(2) {
  [0]=>
  int(1)
  [2]=>
  int(3)
}
