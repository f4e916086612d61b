--TEST--
barrier: a waiter can be terminated
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$barrier = fresh()->barrier('b', 3);
$pid = start(fn () => $barrier->wait());
$other = start(fn () => exit(thrown(fn () => $barrier->wait(10)) === 'Shoal\BrokenBarrier' ? 0 : 1));
until(fn () => $barrier->waiting === 2);
var_dump(end_by($pid, 'TERM') === -SIGTERM, reap($other), $barrier->broken);
?>
--EXPECT--
bool(true)
int(0)
bool(true)
