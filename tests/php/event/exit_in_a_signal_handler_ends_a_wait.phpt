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
    $event->wait();
});
until_waiting($event);
var_dump(end_by($pid, 'USR1'), $event->waiters);
?>
--EXPECT--
int(7)
array(0) {
}
