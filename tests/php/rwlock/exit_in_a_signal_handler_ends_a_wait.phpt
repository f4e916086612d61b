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
        $rw->$how();
    });
    until_waiting($rw);
    var_dump(end_by($pid, 'USR1'), $rw->waiters, $rw->isWriting());
}
$rw->unlock();
var_dump($rw->write(0), $rw->recovered);
?>
--EXPECT--
int(7)
array(0) {
}
bool(true)
int(7)
array(0) {
}
bool(true)
bool(true)
bool(false)
