--TEST--
semaphore: a wait ends at an asynchronous signal whose handler throws
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$semaphore = fresh()->semaphore('s', 1);
$holder = holder(fn () => $semaphore->acquire());
pcntl_async_signals(true);
pcntl_signal(SIGUSR1, fn () => throw new RuntimeException('signal'));
signal_soon('USR1');
echo complaint(fn () => $semaphore->acquire()), ' ', json_encode($semaphore->waiters), "\n";
$handled = 0;
pcntl_signal(SIGUSR1, function () use (&$handled, $holder) { $handled++; end_by($holder); });
signal_soon('USR1');
var_dump($semaphore->acquire(20), $handled);
?>
--EXPECT--
RuntimeException: signal []
bool(true)
int(1)
