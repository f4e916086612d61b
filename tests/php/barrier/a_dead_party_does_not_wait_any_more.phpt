--TEST--
barrier: a dead party does not wait any more
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$barrier = $segment->barrier('b', 2);
$victim = start(fn () => $barrier->wait());
$kill = killer($victim);
until(fn () => $barrier->waiting === 1);
$kill();
reap($victim);
var_dump($barrier->waiting, $barrier->holders, $barrier->broken, thrown(fn () => $barrier->wait(10)));
?>
--EXPECT--
int(0)
array(0) {
}
bool(false)
string(19) "Shoal\BrokenBarrier"
