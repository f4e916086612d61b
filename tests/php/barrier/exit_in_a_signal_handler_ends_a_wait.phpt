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
    register_shutdown_function(fn () => print json_encode([$barrier->waiting, $barrier->holders, $barrier->broken]) . "\n");
    $barrier->wait();
});
until(fn () => $barrier->waiting === 1);
var_dump(end_by($pid, 'USR1'), $barrier->broken);
?>
--EXPECT--
[0,[],true]
int(7)
bool(true)
