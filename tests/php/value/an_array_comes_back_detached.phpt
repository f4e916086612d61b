--TEST--
value: an array comes back detached
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$array = $segment->array('a', [2, 3], 'int16');
$array->assign([[1, 2, 3], [4, 5, 6]]);
$segment['copy'] = ['of' => $array, 'column' => $array->slice([], 1), 'reversed' => $array->slice([null, null, -1])];
$array->fill(0);
$copy = $segment['copy']['of'];
var_dump($copy->name, $copy->dtype, $copy->shape, $copy->readonly, $copy->toArray() === [[1, 2, 3], [4, 5, 6]]);
var_dump($segment['copy']['column']->toArray() === [2, 5], $segment['copy']['reversed']->toArray() === [[4, 5, 6], [1, 2, 3]]);
$copy[[1, 1]] = 50;
var_dump($copy->sum(), $segment['copy']['of']->sum());
unset($segment['copy'], $segment['a']);
var_dump($copy[1]->toArray());
?>
--EXPECT--
NULL
string(5) "int16"
array(2) {
  [0]=>
  int(2)
  [1]=>
  int(3)
}
bool(false)
bool(true)
bool(true)
bool(true)
int(66)
int(21)
array(3) {
  [0]=>
  int(4)
  [1]=>
  int(50)
  [2]=>
  int(6)
}
