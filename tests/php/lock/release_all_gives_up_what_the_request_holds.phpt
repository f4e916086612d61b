--TEST--
lock: release_all gives up what the request holds, as its end would
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
[$lock, $rw, $semaphore, $other] = [$segment->lock('l', reentrant: true), $segment->rwlock('rw'), $segment->semaphore('s', 2), fresh()->lock('l')];
var_dump(Shoal\release_all());
$lock->acquire();
$lock->acquire();
$rw->write();
$semaphore->acquire();
$other->acquire();
var_dump(Shoal\release_all(), $lock->isLocked(), $rw->isWriting(), $semaphore->value, $other->isLocked(), Shoal\release_all());
var_dump(thrown(fn () => $lock->release()), $lock->acquire(0), $lock->recovered);
$lock->release();
var_dump($lock->acquire(0), $lock->recovered);
?>
--EXPECT--
int(0)
int(4)
bool(false)
bool(false)
int(2)
bool(false)
int(0)
string(15) "Shoal\LockError"
bool(true)
bool(true)
bool(true)
bool(false)
