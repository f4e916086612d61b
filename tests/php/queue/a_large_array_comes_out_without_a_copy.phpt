--TEST--
queue: a large array comes out without a copy
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh('64M');
$queue = $segment->queue('q', '32M');
$array = $segment->array('a', [1000, 1000]);
$array->fill(1.5);
$queue->put($array);
$array->fill(0);
$memory = memory_get_usage();
$got = $queue->get();
var_dump(memory_get_usage() - $memory < 10000, $got->sum(), $got->shape, $got->dtype, $got->name, $got->readonly, count($queue), $queue->used);
$got[999][999] = 2.5;
$row = $got[999];
$kept = $segment->used;
unset($got);
var_dump($row->sum(), $segment->used === $kept);
unset($row);
var_dump($kept - $segment->used > 7900000, array_sum(array_column($queue->waiters, 'count')));
$queue->put(['name' => 'x', 'data' => $array]);
$got = $queue->get();
var_dump($got['data']->shape, $got['data'] == $array, unserialize(serialize($got['data'])) == $array, clone $got['data'] == $array);
?>
--EXPECT--
bool(true)
float(1500000)
array(2) {
  [0]=>
  int(1000)
  [1]=>
  int(1000)
}
string(7) "float64"
NULL
bool(false)
int(0)
int(0)
float(1501)
bool(true)
bool(true)
int(0)
array(2) {
  [0]=>
  int(1000)
  [1]=>
  int(1000)
}
bool(true)
bool(true)
bool(true)
