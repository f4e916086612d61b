--TEST--
counter: wait sees the change of another process
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$go = $segment->counter('go');
$done = $segment->counter('done');
$pid = pcntl_fork();
if ($pid === 0) {
    $go->wait(0);
    $done->exchange($go->value * 2);
    exit(0);
}
$go->exchange(21);
var_dump($done->wait(0, 10), $done->value, reap($pid));
?>
--EXPECT--
bool(true)
int(42)
int(0)
