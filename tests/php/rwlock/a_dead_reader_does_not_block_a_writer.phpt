--TEST--
rwlock: a dead reader does not block a writer
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$rw = fresh()->rwlock('rw');
killed_after(fn () => $rw->read() && $rw->read());
var_dump(seconds(fn () => $rw->write(10)) < 0.3, $rw->isWriting(), $rw->recovered);
$rw->unlock();
$reader = holder(fn () => $rw->read());
$kill = killer($reader);
var_dump($rw->write(0.01));
$waiter = start(fn () => exit($rw->write(10) && !$rw->recovered ? 0 : 1));
until_waiting($rw);
var_dump(seconds(function () use ($kill, $waiter) { $kill(); var_dump(reap($waiter)); }) < 0.3);
reap($reader);
?>
--EXPECT--
bool(true)
bool(true)
bool(false)
bool(false)
int(0)
bool(true)
