--TEST--
barrier: exit in a signal handler ends a wait
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$barrier = fresh()->barrier('b', 2);
$pid = start(function () use ($barrier) {
    pcntl_async_signals(true);
    pcntl_signal(SIGUSR1, fn () => exit(7));
    $barrier->wait();
});
until(fn () => $barrier->waiting === 1);
var_dump(end_by($pid, 'USR1'), $barrier->waiting, $barrier->broken, $barrier->holders);
?>
--EXPECT--
int(7)
int(0)
bool(true)
array(0) {
}
