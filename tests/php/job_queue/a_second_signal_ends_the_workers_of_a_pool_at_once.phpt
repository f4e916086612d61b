--TEST--
job queue: a second signal ends the workers of a pool at once
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$queue = $segment->jobQueue('j');
$queue->put('long');
$running = $segment->event('running');
$pool = start(function () use ($queue, $running) {
    $counts = $queue->work(function () use ($running) { $running->set(); while (true) { sleep(1); } }, 1);
    exit($counts['died'] === 1 && $counts['left'] === 1 ? 0 : 1);
});
$running->wait(10);
exec("kill -TERM $pool; sleep 0.3");
var_dump(count($segment->info()['peers']), end_by($pool, 'TERM'), $queue->take(1)?->attempt);
?>
--EXPECT--
int(3)
int(0)
int(2)
