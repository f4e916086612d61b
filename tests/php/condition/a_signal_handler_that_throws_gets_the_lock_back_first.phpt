--TEST--
condition: a signal handler that throws gets the lock back first
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$lock = $segment->lock('l');
$condition = $segment->condition('c', $lock);
pcntl_async_signals(true);
pcntl_signal(SIGUSR1, fn () => throw new RuntimeException('signal'));
$lock->acquire();
signal_soon('USR1');
echo complaint(fn () => $condition->wait()), ' ', json_encode([$lock->owner['pid'] === getmypid(), $condition->waiters]), "\n";

/* Also when another holds it by then. */
$taken = $segment->counter('taken');
$holder = start(function () use ($lock, $taken) {
    $lock->acquire();
    $taken->add();
    usleep(300000);
    $lock->release();
});
signal_soon('USR1', after: 0.15);
echo complaint(fn () => $lock->synchronized(fn () => 1)), "\n";      // held already
$start = hrtime(true);
echo complaint(fn () => $condition->wait()), ' ';
var_dump($taken->value, $lock->owner['pid'] === getmypid(), (hrtime(true) - $start) / 1e9 >= 0.2, reap($holder));

/* One that returns lets the wait go on. */
$handled = 0;
pcntl_signal(SIGUSR1, function () use (&$handled, $lock, $condition) { $handled++; start(fn () => $lock->synchronized(fn () => $condition->notify())); });
signal_soon('USR1');
var_dump($condition->wait(20), $handled, $lock->owner['pid'] === getmypid());
?>
--EXPECTF--
RuntimeException: signal [true,[]]
Shoal\LockError: %s
RuntimeException: signal int(1)
bool(true)
bool(true)
int(0)
bool(true)
int(1)
bool(true)
