--TEST--
lock: acquire gives up at its timeout
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$lock = $segment->lock('l');
$taken = $segment->counter('taken');
$pid = pcntl_fork();
if ($pid === 0) {
    $lock->acquire();
    $taken->add();
    $taken->wait(1);
    $lock->release();
    exit(0);
}
$taken->wait(0);
$start = hrtime(true);
$acquired = $lock->acquire(0.2);
$seconds = (hrtime(true) - $start) / 1e9;
var_dump($acquired, $seconds >= 0.2, $seconds < 5, $lock->acquire(0), $lock->isLocked(), $lock->owner['pid'] === $pid);
$taken->add();
var_dump($lock->acquire(10), $lock->recovered, reap($pid));
?>
--EXPECT--
bool(false)
bool(true)
bool(true)
bool(false)
bool(true)
bool(true)
bool(true)
bool(false)
int(0)
