--TEST--
barrier: a deadline breaks it for all who wait
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$barrier = fresh()->barrier('b', 3);
$other = start(fn () => exit(thrown(fn () => $barrier->wait(10)) === 'Shoal\BrokenBarrier' ? 0 : 1));
until(fn () => $barrier->waiting === 1);
var_dump(seconds(function () use ($barrier) { var_dump(thrown(fn () => $barrier->wait(0.1))); }) >= 0.1, reap($other), $barrier->broken);
$barrier->reset();
var_dump(thrown(fn () => $barrier->wait(0)), $barrier->broken, thrown(fn () => $barrier->wait(-1)));
?>
--EXPECT--
string(13) "Shoal\Timeout"
bool(true)
int(0)
bool(true)
string(13) "Shoal\Timeout"
bool(true)
string(10) "ValueError"
