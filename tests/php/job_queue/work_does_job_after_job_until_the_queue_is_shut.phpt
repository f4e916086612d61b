--TEST--
job queue: work does job after job until the queue is shut
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$queue = fresh()->jobQueue('j');
$queue->putMany(range(1, 5));
$queue->put(6, delay: 0.1);
$queue->shutdown();
$told = [];
$counts = $queue->work(function (int $value, Shoal\Job $job) use ($queue) {
    echo "$value $job->attempt {$queue->taken}\n";
}, progress: function (array $counts) use (&$told) { $told[] = $counts['done']; });
var_dump($counts, end($told), thrown(fn () => $queue->take()));
?>
--EXPECT--
1 1 1
2 1 1
3 1 1
4 1 1
5 1 1
6 1 1
array(7) {
  ["done"]=>
  int(6)
  ["retried"]=>
  int(0)
  ["dead"]=>
  int(0)
  ["died"]=>
  int(0)
  ["running"]=>
  int(0)
  ["left"]=>
  int(0)
  ["errors"]=>
  array(0) {
  }
}
int(6)
string(14) "Shoal\ShutDown"
