--TEST--
lock: a waiter can be terminated
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$lock = $segment->lock('l');
$lock->acquire();
$waiting = $segment->counter('waiting');
$pid = pcntl_fork();
if ($pid === 0) {
    $waiting->add();
    $lock->acquire();
    exit(1);
}
$waiting->wait(0);
exec("sleep 0.2; kill -TERM $pid");
var_dump(reap($pid) === -SIGTERM, $lock->isLocked());
?>
--EXPECT--
bool(true)
bool(true)
