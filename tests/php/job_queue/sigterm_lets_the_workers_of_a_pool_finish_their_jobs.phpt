--TEST--
job queue: SIGTERM lets the workers of a pool finish their jobs
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$queue = $segment->jobQueue('j');
$queue->putMany(range(1, 10));
$running = $segment->semaphore('running', 0, bounded: false);
$pool = start(function () use ($queue, $running) {
    $counts = $queue->work(function () use ($running) { $running->release(); for ($end = microtime(true) + 0.5; microtime(true) < $end; usleep(10000)); }, 3);
    exit($counts['done'] === 3 && $counts['died'] === 0 && $counts['left'] === 7 && $counts['running'] === 0 ? 0 : 1);
});
for ($i = 0; $i < 3; $i++) {
    $running->acquire(10);
}
var_dump(end_by($pool, 'TERM'), count($queue), $queue->taken, array_column($segment->info()['peers'], 'pid') === [getmypid()]);
?>
--EXPECT--
int(0)
int(7)
int(0)
bool(true)
