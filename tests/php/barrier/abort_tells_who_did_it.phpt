--TEST--
barrier: abort tells who did it
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$barrier = fresh()->barrier('b', 2);
$other = start(function () use ($barrier) {
    echo complaint(fn () => $barrier->wait(10)), "\n";
});
until(fn () => $barrier->waiting === 1);
$barrier->abort();
reap($other);
var_dump(str_contains(complaint(fn () => $barrier->wait()), '(pid ' . getmypid() . ') aborted it'));
?>
--EXPECTF--
Shoal\BrokenBarrier: barrier "b" is broken: %s (pid %d) aborted it; reset() makes it whole
bool(true)
