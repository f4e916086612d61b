--TEST--
event: a wait ends at an asynchronous signal whose handler throws
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$event = fresh()->event('e');
pcntl_async_signals(true);
pcntl_signal(SIGUSR1, fn () => throw new RuntimeException('signal'));
signal_soon('USR1');
echo complaint(fn () => $event->wait()), ' ', json_encode($event->waiters), "\n";
$handled = 0;
pcntl_signal(SIGUSR1, function () use (&$handled, $event) { $handled++; $event->set(); });
signal_soon('USR1');
var_dump($event->wait(20), $handled);
?>
--EXPECT--
RuntimeException: signal []
bool(true)
int(1)
