--TEST--
barrier: others are told when processes are killed at random
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$barrier = $segment->barrier('b', 2);
$passed = $segment->counter('passed');
echo storm($segment, function () use ($barrier, $passed) {
    try {
        $barrier->wait(0.05);
        $passed->add();
    } catch (Shoal\BrokenBarrier | Shoal\Timeout) {
        $barrier->reset();
    }
}), "\n";
var_dump($passed->value > 0);
$barrier->reset();
$other = start(fn () => exit($barrier->wait(10)));
var_dump($barrier->wait(10) + reap($other));
?>
--EXPECT--
[]
bool(true)
int(1)
