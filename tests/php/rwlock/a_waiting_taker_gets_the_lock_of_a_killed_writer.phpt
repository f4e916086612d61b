--TEST--
rwlock: a waiting taker gets the lock of a killed writer
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$rw = fresh()->rwlock('rw');
foreach (['read', 'write'] as $how) {
    $writer = holder(fn () => $rw->write());
    $kill = killer($writer);
    $waiter = start(fn () => exit($rw->$how(10) && $rw->recovered ? 0 : 1));
    until_waiting($rw);
    var_dump(seconds(function () use ($kill, $waiter) { $kill(); var_dump(reap($waiter)); }) < 0.3);
    reap($writer);
}
?>
--EXPECT--
int(0)
bool(true)
int(0)
bool(true)
