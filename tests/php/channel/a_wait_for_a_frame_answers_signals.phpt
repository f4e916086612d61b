--TEST--
channel: a wait for a frame answers signals
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
pcntl_async_signals(true);
$channel = fresh()->channel("c", [1], "int32");
pcntl_signal(SIGUSR1, fn () => throw new RuntimeException("signal"));
signal_soon("USR1");
echo complaint(function () use ($channel) { foreach ($channel as $frame); }), "\n";
pcntl_signal(SIGUSR1, fn () => $channel->send(5));
signal_soon("USR1");
var_dump($channel->read()->array[0], $channel->waiters);
?>
--EXPECT--
RuntimeException: signal
int(5)
array(0) {
}
