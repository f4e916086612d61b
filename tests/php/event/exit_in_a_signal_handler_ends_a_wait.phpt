--TEST--
event: exit in a signal handler ends a wait
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$event = fresh()->event('e');
$pid = start(function () use ($event) {
    pcntl_async_signals(true);
    pcntl_signal(SIGUSR1, fn () => exit(7));
    register_shutdown_function(fn () => print json_encode($event->waiters) . "\n");
    $event->wait();
});
until_waiting($event);
var_dump(end_by($pid, 'USR1'));
?>
--EXPECT--
[]
int(7)
