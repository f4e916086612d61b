--TEST--
rwlock: a wait ends at an asynchronous signal whose handler throws
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$rw = fresh()->rwlock('rw');
$writer = holder(fn () => $rw->write());
pcntl_async_signals(true);
foreach (['read', 'write'] as $how) {
    pcntl_signal(SIGUSR1, fn () => throw new RuntimeException('signal'));
    signal_soon('USR1');
    echo complaint(fn () => $rw->$how()), ' ', json_encode([$rw->isReading(), $rw->isWriting(), $rw->waiters]), "\n";
}
$handled = 0;
pcntl_signal(SIGUSR1, function () use (&$handled, $writer) { $handled++; end_by($writer); });
signal_soon('USR1');
var_dump($rw->write(20), $handled, $rw->isWriting());
?>
--EXPECT--
RuntimeException: signal [false,false,[]]
RuntimeException: signal [false,false,[]]
bool(true)
int(1)
bool(true)
