--TEST--
lock: a wait ends at an asynchronous signal whose handler throws
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$lock = $segment->lock('l');
$counter = $segment->counter('c');
$pid = pcntl_fork();
if ($pid === 0) {
    $lock->acquire();
    $counter->exchange(1);
    $counter->wait(1);
    exit(0);
}
$counter->wait(0);
pcntl_async_signals(true);
pcntl_signal(SIGALRM, fn () => throw new RuntimeException('alarm'));
pcntl_alarm(1);
echo complaint(fn () => $lock->acquire()), "\n";
pcntl_alarm(1);
echo complaint(fn () => $counter->wait(1)), "\n";
$handled = 0;
pcntl_signal(SIGALRM, function () use (&$handled, $counter) { $handled++; $counter->exchange(2); });
pcntl_alarm(1);
var_dump($lock->acquire(20), $handled, reap($pid));
?>
--EXPECT--
RuntimeException: alarm
RuntimeException: alarm
bool(true)
int(1)
int(0)
