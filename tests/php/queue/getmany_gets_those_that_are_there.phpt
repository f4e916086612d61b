--TEST--
queue: getMany gets those that are there
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$queue = fresh()->queue('q');
$queue->putMany([1, str_repeat('x', 20000), [2], 3.5]);
$large = array_map(fn ($value) => is_string($value) ? strlen($value) : $value, $queue->getMany(3));
echo json_encode($large), count($queue), json_encode($queue->getMany(100)), "\n";
$queue->putMany(range(1, 1000));
var_dump($queue->getMany(999) === range(1, 999), $queue->getMany(PHP_INT_MAX));
$other = start(function () use ($queue) { usleep(100000); $queue->putMany([7, 8]); });
$queue->getMany(10, 10)[0] === 7 || print "it did not wait\n";
reap($other);
?>
--EXPECT--
[1,20000,[2]]1[3.5]
bool(true)
array(1) {
  [0]=>
  int(1000)
}
