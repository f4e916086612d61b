--TEST--
condition: max execution time ends a wait
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$lock = $segment->lock('l');
$condition = $segment->condition('c', $lock);
echo one_second($segment, 'register_shutdown_function(fn () => print json_encode([$s["l"]->isLocked(), $s["c"]->waiters])); $s["l"]->acquire(); $s["c"]->wait();'), "\n";
var_dump($condition->waiters, $lock->acquire(0), $lock->recovered);
$waiter = start(function () use ($segment) {
    ini_set('display_errors', 0);
    set_time_limit(1);
    $segment['l']->acquire();
    $segment['c']->wait(0.5);                       // over soon, but the lock is not free
});
$lock->release();
until_waiting($condition);
$lock->acquire();
var_dump(reap($waiter), $lock->waiters, $condition->waiters);
?>
--EXPECTF--
%AFatal error: Maximum execution time of 1 second exceeded in Command line code on line 1
[false,[]]
255
array(0) {
}
bool(true)
bool(false)
int(255)
array(0) {
}
array(0) {
}
