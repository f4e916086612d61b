--TEST--
rwlock: exit in a signal handler ends a wait
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$rw = fresh()->rwlock('rw');
$rw->write();
foreach (['read', 'write'] as $how) {
    $pid = start(function () use ($rw, $how) {
        pcntl_async_signals(true);
        pcntl_signal(SIGUSR1, fn () => exit(7));
        register_shutdown_function(fn () => print json_encode([$rw->waiters, $rw->isReading(), $rw->isWriting()]) . "\n");
        $rw->$how();
    });
    until_waiting($rw);
    var_dump(end_by($pid, 'USR1'), $rw->isWriting());
}
$rw->unlock();
var_dump($rw->write(0), $rw->recovered);
?>
--EXPECT--
[[],false,false]
int(7)
bool(true)
[[],false,false]
int(7)
bool(true)
bool(true)
bool(false)
