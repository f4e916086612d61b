--TEST--
queue: what cannot be put is refused, and what came before it is put
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$queue = fresh()->queue('q');
echo complaint(fn () => $queue->put(fn () => 1)), "\n", complaint(fn () => $queue->putMany([1, 2, [fopen('php://memory', 'r')], 3])), "\n";
var_dump($queue->getMany(10, 0));
$values = function () { yield 1; throw new RuntimeException('no more'); };
echo complaint(fn () => $queue->putMany($values())), ' ', json_encode($queue->getMany(10, 0)), "\n";
echo complaint(fn () => $queue->put(str_repeat('x', 2 << 20))), "\n";
echo thrown(fn () => $queue->putMany([4, str_repeat('x', 2 << 20)])), ' ', json_encode($queue->getMany(10, 0)), "\n";
echo thrown(fn () => $queue->put(range(1, 1000000))), ' ', count($queue), "\n";
$small = fresh('256K')->queue('q', 4096);
echo thrown(fn () => $small->putMany([1, 2, range(1, 5000), 3])), ' ', json_encode($small->getMany(10, 0)), "\n";
?>
--EXPECTF--
TypeError: Closure cannot be stored in a segment
TypeError: [0]: resource cannot be stored in a segment
array(2) {
  [0]=>
  int(1)
  [1]=>
  int(2)
}
RuntimeException: no more [1]
ValueError: queue "q" in segment "%s" has a capacity of 1048576 bytes: a message of 2097157 never fits (a small one takes 8 more); make the queue with a larger capacity
ValueError [4]
ValueError 0
ValueError [1,2]
