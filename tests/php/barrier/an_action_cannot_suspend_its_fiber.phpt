--TEST--
barrier: an action cannot suspend its fiber
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$barrier = fresh()->barrier('b', 1);
$fiber = new Fiber(fn () => thrown(fn () => $barrier->wait(1, fn () => Fiber::suspend(5))));
var_dump($fiber->start(), $fiber->getReturn(), $barrier->broken);
$barrier->reset();
$fiber = new Fiber(fn () => $barrier->wait(1, fn () => 1) + Fiber::suspend(5));
var_dump($fiber->start(), $fiber->resume(2), $fiber->getReturn());
?>
--EXPECT--
NULL
string(10) "FiberError"
bool(true)
int(5)
NULL
int(2)
