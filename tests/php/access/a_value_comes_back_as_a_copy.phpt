--TEST--
access: a value comes back as a copy
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$segment['k'] = ['a' => 1];
$copy = $segment['k'];
$copy['a'] = 2;
var_dump($segment['k'], $segment->get('k'), $segment->offsetGet('k') === $segment['k']);
?>
--EXPECT--
array(1) {
  ["a"]=>
  int(1)
}
array(1) {
  ["a"]=>
  int(1)
}
bool(true)
