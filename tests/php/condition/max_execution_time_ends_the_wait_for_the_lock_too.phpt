--TEST--
condition: max execution time ends the wait for the lock too
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$lock = $segment->lock('l');
$condition = $segment->condition('c', $lock);
$waiter = start(function () use ($segment) {
    ini_set('display_errors', 0);
    set_time_limit(1);
    $segment['l']->acquire();
    $segment['c']->wait(0.5);                       // over soon, but the lock is not free
});
until_waiting($condition);
$lock->acquire();
var_dump(reap($waiter), $lock->waiters, $condition->waiters);
?>
--EXPECT--
int(255)
array(0) {
}
array(0) {
}
