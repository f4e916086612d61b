--TEST--
barrier: a wait that a signal handler ends breaks it
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$barrier = fresh()->barrier('b', 3);
$other = start(fn () => exit(thrown(fn () => $barrier->wait(10)) === 'Shoal\BrokenBarrier' ? 0 : 1));
until(fn () => $barrier->waiting === 1);
pcntl_async_signals(true);
pcntl_signal(SIGUSR1, fn () => throw new RuntimeException('signal'));
signal_soon('USR1');
echo complaint(fn () => $barrier->wait()), "\n";
var_dump(reap($other), $barrier->broken, $barrier->waiting);
$barrier->reset();
$handled = 0;
pcntl_signal(SIGUSR1, function () use (&$handled, $barrier) { $handled++; start(fn () => $barrier->wait(10)); start(fn () => $barrier->wait(10)); });
signal_soon('USR1');
var_dump($barrier->wait(20), $handled);
?>
--EXPECT--
RuntimeException: signal
int(0)
bool(true)
int(0)
int(0)
int(1)
