--TEST--
condition: a reentrant lock that is held twice is let go and held twice again
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$lock = $segment->lock('l', reentrant: true);
$condition = $segment->condition('c', $lock);
$lock->acquire();
$lock->acquire();
$notifier = start(fn () => exit($lock->synchronized(fn () => $condition->notify()) - 1));
var_dump($condition->wait(10), reap($notifier));
$lock->release();
var_dump($lock->isLocked());
$lock->release();
var_dump($lock->isLocked());
?>
--EXPECT--
bool(true)
int(0)
bool(true)
bool(false)
