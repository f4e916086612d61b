--TEST--
job queue: a pool does its jobs in several processes
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$queue = $segment->jobQueue('j');
[$sum, $pids] = [$segment->counter('sum'), $segment->array('pids', [100], 'int64')];
$queue->putMany(range(1, 100));
$queue->shutdown();
$told = 0;
$counts = $queue->work(function (int $value) use ($sum, $pids) {
    usleep(2000);
    $sum->add($value);
    $pids[$value - 1] = getmypid();
}, 4, function (array $counts) use (&$told) { $told = $counts['done']; });
$workers = array_unique($pids->toArray());
var_dump(json_encode($counts), $sum->value, $told, count($workers) > 1 && count($workers) <= 4, in_array(getmypid(), $workers), count($segment->info()['peers']), $segment->check());
?>
--EXPECT--
string(75) "{"done":100,"retried":0,"dead":0,"died":0,"running":0,"left":0,"errors":[]}"
int(5050)
int(100)
bool(true)
bool(false)
int(1)
array(0) {
}
