--TEST--
lock: next taker is told that the holder died
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$lock = fresh()->lock('l');
killed_after(fn () => $lock->acquire());
$start = hrtime(true);
var_dump($lock->acquire(10), $lock->recovered, (hrtime(true) - $start) / 1e9 < 0.3);
$lock->release();
var_dump($lock->recovered, $lock->acquire(1), $lock->recovered);
?>
--EXPECT--
bool(true)
bool(true)
bool(true)
bool(false)
bool(true)
bool(false)
