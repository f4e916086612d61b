--TEST--
semaphore: exit in a signal handler ends a wait
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$semaphore = fresh()->semaphore('s', 1);
$semaphore->acquire();
$pid = start(function () use ($semaphore) {
    pcntl_async_signals(true);
    pcntl_signal(SIGUSR1, fn () => exit(7));
    register_shutdown_function(fn () => print json_encode([$semaphore->waiters, count($semaphore->holders)]) . "\n");
    $semaphore->acquire();
});
until_waiting($semaphore);
var_dump(end_by($pid, 'USR1'));
$semaphore->release();
var_dump($semaphore->value);
?>
--EXPECT--
[[],1]
int(7)
int(1)
