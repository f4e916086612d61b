--TEST--
job queue: a worker of a pool that dies is replaced, and its job goes to another at once
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$queue = $segment->jobQueue('j', attempts: 2);
$done = $segment->counter('done');
$queue->putMany([...range(1, 20), 'killed once', 'killed always', ...range(21, 40)]);
$queue->shutdown();
$took = seconds(function () use ($queue, $done, &$counts) {
    $counts = $queue->work(function ($value, Shoal\Job $job) use ($done) {
        if ($value === 'killed always' || ($value === 'killed once' && $job->attempt === 1)) {
            die_now();
        }
        $done->add();
    }, 3);
});
var_dump($counts['done'], $counts['retried'], $counts['dead'], $counts['died'], $counts['left'], $done->value, $took < 5, array_column($queue->dead(), 'reason', 'value'));
var_dump(count(preg_grep('/^worker \d+ was killed by signal 9$/', $counts['errors'])), $segment->check());
?>
--EXPECT--
int(41)
int(0)
int(1)
int(3)
int(0)
int(41)
bool(true)
array(1) {
  ["killed always"]=>
  string(4) "died"
}
int(3)
array(0) {
}
