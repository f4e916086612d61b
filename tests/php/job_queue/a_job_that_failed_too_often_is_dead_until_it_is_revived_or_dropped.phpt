--TEST--
job queue: a job that failed too often is dead until it is revived or dropped
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$queue = fresh()->jobQueue('j', attempts: 2);
$queue->put('a');
$queue->take()->retry();
$queue->take()->retry();
$queue->put('b');
killed_after(function () use ($queue) { $GLOBALS['job'] = $queue->take(); });
killed_after(function () use ($queue) { $GLOBALS['job'] = $queue->take(); });
var_dump($queue->take(0), count($queue->dead()), $queue->put('c'));
$queue->take()->bury();
var_dump(count($queue), $queue->join(0), $queue->take(0));
foreach ($queue->dead() as $dead) {
    echo implode(' ', [$dead['value'], $dead['number'], $dead['attempts'], $dead['reason'], $dead['pid'] === getmypid() ? 'mine' : 'other', $dead['error'] ?? 'fine']), "\n";
    $dead['since'] > $dead['put_at'] - 0.1 || print "it died before it was put\n";
}
var_dump($queue->revive(2), $queue->revive(2), $queue->take(0)->attempt, $queue->drop(3), $queue->drop(99), array_column($queue->dead(), 'number'), $queue->revive(), $queue->dead(), count($queue));
$queue->take()->bury();
$queue->take()->bury();
var_dump($queue->drop(), $queue->dead(), $queue->used);
?>
--EXPECT--
NULL
int(2)
bool(true)
int(0)
bool(true)
NULL
a 1 2 retried mine fine
b 2 2 died other fine
c 3 1 buried mine fine
int(1)
int(0)
int(1)
int(1)
int(0)
array(1) {
  [0]=>
  int(1)
}
int(1)
array(0) {
}
int(2)
int(2)
array(0) {
}
int(0)
