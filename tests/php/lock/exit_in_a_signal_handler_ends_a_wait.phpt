--TEST--
lock: exit in a signal handler ends a wait
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$lock = $segment->lock('l');
$lock->acquire();
$pid = start(function () use ($lock) {
    pcntl_async_signals(true);
    pcntl_signal(SIGUSR1, fn () => exit(7));
    register_shutdown_function(fn () => print json_encode($lock->waiters) . "\n");
    $lock->acquire();
});
until_waiting($lock);
var_dump(end_by($pid, 'USR1'));
$lock->release();
var_dump($lock->acquire(0), $lock->recovered);
?>
--EXPECT--
[]
int(7)
bool(true)
bool(false)
