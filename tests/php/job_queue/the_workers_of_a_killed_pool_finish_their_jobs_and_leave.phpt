--TEST--
job queue: the workers of a killed pool finish their jobs and leave
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$queue = $segment->jobQueue('j');
$queue->putMany([1, 2, 3, 4]);
$running = $segment->semaphore('running', 0, bounded: false);
$pool = start(fn () => $queue->work(function () use ($running) { $running->release(); for ($end = microtime(true) + 0.3; microtime(true) < $end; usleep(10000)); }, 2));
$running->acquire(10) && $running->acquire(10);
end_by($pool);
var_dump(until(fn () => $queue->taken === 0), count($queue), $queue->dead(), until(fn () => count($segment->info()['peers']) === 1));
?>
--EXPECT--
bool(true)
int(2)
array(0) {
}
bool(true)
