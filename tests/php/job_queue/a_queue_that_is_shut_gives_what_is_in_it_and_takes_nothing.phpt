--TEST--
job queue: a queue that is shut gives what is in it, and takes nothing
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$queue = fresh()->jobQueue('j');
$queue->putMany([1, 2]);
$job = $queue->take();
$queue->shutdown();
var_dump($queue->isShutdown, thrown(fn () => $queue->put(3)), $queue->take(0)?->value, $queue->take(0)->done());
var_dump($queue->take(0));
$job->done();
var_dump(thrown(fn () => $queue->take(0)), $queue->join());
$queue = fresh()->jobQueue('j');
$queue->putMany([1, 2, 3]);
$queue->put(4, delay: 100);
[$one, $two] = [$queue->take(), $queue->take()];
$queue->shutdown(true);
var_dump(count($queue), $queue->delayed, $queue->taken);
$one->done();
$two->retry();
var_dump(thrown(fn () => $queue->take()), array_column($queue->dead(), 'value'));
?>
--EXPECT--
bool(true)
string(14) "Shoal\ShutDown"
int(2)
NULL
NULL
string(14) "Shoal\ShutDown"
bool(true)
int(0)
int(0)
int(2)
string(14) "Shoal\ShutDown"
array(1) {
  [0]=>
  int(2)
}
