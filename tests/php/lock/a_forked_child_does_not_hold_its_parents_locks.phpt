--TEST--
lock: a forked child does not hold its parents locks
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$lock = fresh()->lock('l');
$lock->acquire();
var_dump(child(function () use ($lock) {
    exit(($lock->acquire(0) ? 1 : 0) + (thrown(fn () => $lock->release()) === 'Shoal\LockError' ? 0 : 2) + ($lock->isLocked() ? 0 : 4));
}));
$lock->release();
var_dump(child(fn () => exit($lock->acquire(1) && !$lock->recovered ? 0 : 1)));
?>
--EXPECT--
int(0)
int(0)
