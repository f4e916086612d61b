--TEST--
job queue: no job is lost when workers are killed at random
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$queue = $segment->jobQueue('j', '64K', 0);
$seen = $segment->array('seen', [600], 'int32');
$work = function () use ($queue, $seen) {
    while ($job = $queue->take()) {
        $seen[$job->value[0]] = $seen[$job->value[0]] + 1;
        $job->done();
    }
};
$producer = start(function () use ($queue) {
    for ($i = 0; $i < 600; $i++) {
        $queue->put([$i, str_repeat('x', $i % 30 ? 10 : 10000)], $i % 4, timeout: 15) || exit(1);
        $i % 10 || usleep(1000);
    }
});
$workers = [start($work), start($work), start($work)];
for ($kills = 0; $kills < 40; $kills++) {
    usleep(mt_rand(100, 4000));
    end_by(array_shift($workers)) === -SIGKILL || print "a worker ended\n";
    $workers[] = start($work);
}
var_dump(reap($producer), $queue->join(10));
array_map('end_by', $workers);
var_dump($seen->min() >= 1, $queue->dead(), $segment->check());
?>
--EXPECT--
int(0)
bool(true)
bool(true)
array(0) {
}
array(0) {
}
