--TEST--
lock: a waiting taker gets the lock of a killed holder
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
    while (true) {
        sleep(60);
    }
}
$taken->wait(0);
var_dump($lock->acquire(0));
exec("(sleep 0.2; kill -KILL $pid) >/dev/null 2>&1 &");
$start = hrtime(true);
var_dump($lock->acquire(10), $lock->recovered, (hrtime(true) - $start) / 1e9 < 1.0, reap($pid));
?>
--EXPECT--
bool(false)
bool(true)
bool(true)
bool(true)
int(-9)
