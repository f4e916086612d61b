--TEST--
job queue: a signal's handler that throws ends a pool
--EXTENSIONS--
shoal
pcntl
--FILE--
<?php
require __DIR__ . '/../segment.inc';
pcntl_async_signals(true);
pcntl_signal(SIGUSR1, fn () => throw new RuntimeException('told to stop'));
$segment = fresh();
$queue = $segment->jobQueue('j');
signal_soon('USR1', after: 0.3);
echo complaint(fn () => $queue->work(fn () => null, 2)), "\n";
var_dump(count($segment->info()['peers']));
?>
--EXPECT--
RuntimeException: told to stop
int(1)
