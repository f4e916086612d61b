--TEST--
job queue: a handler of the script's own goes before that of work
--EXTENSIONS--
shoal
pcntl
--FILE--
<?php
require __DIR__ . '/../segment.inc';
pcntl_async_signals(true);
$queue = fresh()->jobQueue('j');
pcntl_signal(SIGTERM, fn () => throw new RuntimeException('told to stop'));
signal_soon('TERM');
echo complaint(fn () => $queue->work(fn () => null)), "\n";
pcntl_signal(SIGTERM, fn () => $queue->shutdown());
signal_soon('TERM');
echo json_encode($queue->work(fn () => null)), "\n";
?>
--EXPECT--
RuntimeException: told to stop
{"done":0,"retried":0,"dead":0,"died":0,"running":0,"left":0,"errors":[]}
