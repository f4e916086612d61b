--TEST--
queue: a loan is put without a copy, and is over then
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh('64M');
$queue = $segment->queue('q', '32M');
$loan = $queue->loan([1000, 1000], 'int32');
$loan->fill(7);
[$row, $kept] = [$loan[0], $segment->used];
var_dump($loan->shape, $loan->dtype, $queue->put($row), $queue->get() == $row, $queue->put($loan), $segment->used === $kept);
echo complaint(fn () => $loan[0][0]), "\n", thrown(fn () => $row->sum()), ' ', thrown(fn () => $queue->put($loan)), ' ', thrown(fn () => clone $loan), "\n";
var_dump($queue->get()->sum());
$elsewhere = $segment->queue('other', '1M');
$loan = $queue->loan([10], 'f4');
$loan->fill(1.5);
var_dump($elsewhere->put($loan), $loan->sum(), $elsewhere->get()->sum(), $queue->put($loan), $queue->get()->toArray());
?>
--EXPECT--
array(2) {
  [0]=>
  int(1000)
  [1]=>
  int(1000)
}
string(5) "int32"
bool(true)
bool(true)
bool(true)
bool(true)
Shoal\Closed: this array was put into the queue "q", and is its consumer's now: ask for another loan
Shoal\Closed Shoal\Closed Shoal\Closed
int(7000000)
bool(true)
float(15)
float(15)
bool(true)
array(10) {
  [0]=>
  float(1.5)
  [1]=>
  float(1.5)
  [2]=>
  float(1.5)
  [3]=>
  float(1.5)
  [4]=>
  float(1.5)
  [5]=>
  float(1.5)
  [6]=>
  float(1.5)
  [7]=>
  float(1.5)
  [8]=>
  float(1.5)
  [9]=>
  float(1.5)
}
