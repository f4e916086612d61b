--TEST--
lock: the owner is told
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$lock = $segment->lock('l');
$lock->acquire();
echo implode(' ', array_keys($lock->owner)), "\n";
var_dump($lock->owner['pid'] === getmypid(), abs($lock->owner['since'] - microtime(true)) < 60, $lock->owner['alive'], strlen($lock->owner['program']) > 0);
?>
--EXPECT--
pid thread since program alive count
bool(true)
bool(true)
bool(true)
bool(true)
