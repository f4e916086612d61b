--TEST--
event: others go on when processes are killed at random
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
[$ping, $pong] = [$segment->event('ping'), $segment->event('pong')];
echo storm($segment, function () use ($ping, $pong) {
    if (mt_rand(0, 1)) {
        $ping->wait(0.001);
        $ping->clear();
    } else {
        $ping->set();
        $pong->wait(0.001);
    }
    mt_rand(0, 1) ? $pong->set() : $pong->clear();
}), "\n";
$ping->set();
var_dump($ping->wait(0));
?>
--EXPECT--
[]
bool(true)
