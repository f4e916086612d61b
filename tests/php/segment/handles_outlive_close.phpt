--TEST--
segment: handles outlive close
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$array = $segment->array('a', [2]);
$counter = $segment->counter('c');
$lock = $segment->lock('l');
$row = $segment->array('m', [2, 2])[1];
$segment->unlink();
$segment->close();
unset($segment);
$array[1] = 2.5;
$row[0] = 1.5;
var_dump($array->sum(), $row->toArray(), $counter->add(), $lock->synchronized(fn () => 'in'));
?>
--EXPECT--
float(2.5)
array(2) {
  [0]=>
  float(1.5)
  [1]=>
  float(0)
}
int(1)
string(2) "in"
