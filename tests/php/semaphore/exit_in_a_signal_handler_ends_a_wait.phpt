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
    $semaphore->acquire();
});
until_waiting($semaphore);
var_dump(end_by($pid, 'USR1'), $semaphore->waiters);
$semaphore->release();
var_dump($semaphore->value);
?>
--EXPECT--
int(7)
array(0) {
}
int(1)
