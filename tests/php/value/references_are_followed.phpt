--TEST--
value: references are followed
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$x = 1;
$inner = ['n' => &$x];
$value = ['a' => &$inner, 'b' => &$inner, 'x' => &$x];
$segment['k'] = $value;
$x = 2;
var_dump($segment['k']);
$by_reference = function (&$value) use ($segment) { $segment['r'] = $value; };
$by_reference($x);
var_dump($segment['r']);
?>
--EXPECT--
array(3) {
  ["a"]=>
  array(1) {
    ["n"]=>
    int(1)
  }
  ["b"]=>
  array(1) {
    ["n"]=>
    int(1)
  }
  ["x"]=>
  int(1)
}
int(2)
