--TEST--
lock: exit inside of synchronized releases the lock
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$lock = fresh()->lock('l');
$child = child(function () use ($lock) {
    register_shutdown_function(fn () => print json_encode([$lock->isLocked(), $lock->acquire(0), $lock->release()]) . "\n");
    $lock->synchronized(fn () => exit(3));
});
var_dump($child, $lock->acquire(10), $lock->recovered);
?>
--EXPECT--
[false,true,null]
int(3)
bool(true)
bool(false)
