--TEST--
queue: what was put stays though its producer dies, and what a dead consumer had is gone with it
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$queue = $segment->queue('q');
killed_after(fn () => $queue->putMany(['one', str_repeat('x', 50000), 'three']));
killed_after(fn () => $queue->get() === 'one' || exit("it got something else\n"));
var_dump(count($queue), strlen($queue->get()));
$used = $segment->used;
killed_after(function () use ($queue) { $queue->put(str_repeat('y', 100000)); $GLOBALS['kept'] = [$queue->get(), $queue->loan([10000])]; });
killed_after(function () use ($queue) { $queue->put($queue->loan([10000])); $GLOBALS['kept'] = $queue->get(); });
var_dump(count($queue), $queue->put(1), thrown(fn () => $queue->get(0)), until(fn () => $segment->info() && $segment->used <= $used), $segment->check());
?>
--EXPECT--
int(2)
int(50000)
int(1)
bool(true)
string(7) "nothing"
bool(true)
array(0) {
}
