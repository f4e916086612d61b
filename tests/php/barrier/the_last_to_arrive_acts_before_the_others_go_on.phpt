--TEST--
barrier: the last to arrive acts before the others go on
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$barrier = $segment->barrier('b', 2);
$acted = $segment->counter('acted');
$other = start(function () use ($barrier, $acted) {
    $index = $barrier->wait(10, fn () => $acted->add(100));
    exit($index === 0 && $acted->value === 1 ? 0 : 1);
});
until(fn () => $barrier->waiting === 1);
var_dump($barrier->wait(10, function () use ($acted) { usleep(100000); $acted->add(); }), reap($other), $acted->value);
?>
--EXPECT--
int(1)
int(0)
int(1)
