--TEST--
queue: a child does not touch what its parent has got
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$queue = $segment->queue('q');
$queue->put($segment->array('a', [10000]));
[$got, $loan] = [$queue->get(), $queue->loan([10000])];
$loan->fill(1);
$part = $got->slice([0, 5]);
echo child(function () use ($got, $loan, $part, $queue) {
    foreach ([fn () => $got[0], fn () => $part->sum(), fn () => $loan[0], fn () => $queue->put($loan), fn () => $queue->put($got), fn () => $queue->put([$got])] as $call) {
        echo thrown($call), "\n";
    }
    var_dump($queue->put('of the child'), $queue->get());
    unset($got, $loan, $part);
}), "\n";
var_dump($got->sum(), $queue->put($loan), $queue->get()->sum(), $segment->check());
?>
--EXPECT--
Shoal\Closed
Shoal\Closed
Shoal\Closed
Shoal\Closed
Shoal\Closed
Shoal\Closed
bool(true)
string(12) "of the child"
0
float(0)
bool(true)
float(10000)
array(0) {
}
