--TEST--
access: a removed object stays usable for who has it
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$array = $segment->array('a', [3]);
$counter = $segment->counter('c');
unset($segment['a'], $segment['c']);
$segment['a'] = 'another';
$array[2] = 1.5;
var_dump($array->toArray(), $counter->add(), $segment['a'], $segment->info()['removed']);
unset($array, $counter);
var_dump($segment->info()['removed'], $segment->check());
?>
--EXPECT--
array(3) {
  [0]=>
  float(0)
  [1]=>
  float(0)
  [2]=>
  float(1.5)
}
int(1)
string(7) "another"
int(2)
int(0)
array(0) {
}
