--TEST--
lock: a try by the holder is false, waiting without end for oneself is a lock error
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
foreach ([$segment->lock('l'), $segment->lock('strict', strict: true)] as $lock) {
    $lock->acquire();
    $start = microtime(true);
    var_dump($lock->acquire(0), $lock->acquire(timeout: 0.0), $lock->acquire(0.05), microtime(true) - $start >= 0.05);
    var_dump(thrown(fn () => $lock->acquire()), thrown(fn () => $lock->synchronized(fn () => 1)), $lock->isLocked());
    $lock->release();
    var_dump($lock->isLocked(), $lock->acquire(0));
    $lock->release();
}
?>
--EXPECT--
bool(false)
bool(false)
bool(false)
bool(true)
string(15) "Shoal\LockError"
string(15) "Shoal\LockError"
bool(true)
bool(false)
bool(true)
bool(false)
bool(false)
bool(false)
bool(true)
string(15) "Shoal\LockError"
string(15) "Shoal\LockError"
bool(true)
bool(false)
bool(true)
