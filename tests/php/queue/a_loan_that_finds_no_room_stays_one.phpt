--TEST--
queue: a loan that finds no room stays one
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh('64M');
$queue = $segment->queue('q', '1M');
$queue->put(str_repeat('x', 900000));
$loan = $queue->loan([50000], 'float64');
$loan->fill(2);
var_dump($queue->put($loan, 0), $queue->put($loan, 0.1), $loan->sum(), strlen($queue->get()), $queue->put($loan, 0), $queue->get()->sum());
var_dump(thrown(fn () => $queue->loan([200000])), thrown(fn () => $queue->loan([-1])), thrown(fn () => $queue->loan([1], 'x')));
[$never_put, $used] = [$queue->loan([50000]), $segment->used];
unset($never_put);
var_dump($used - $segment->used >= 400000, $segment->check());
?>
--EXPECT--
bool(false)
bool(false)
float(100000)
int(900000)
bool(true)
float(100000)
string(10) "ValueError"
string(10) "ValueError"
string(10) "ValueError"
bool(true)
array(0) {
}
