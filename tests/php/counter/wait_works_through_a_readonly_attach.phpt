--TEST--
counter: wait works through a readonly attach
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$counter = $segment->counter('c');
$reader = Shoal\open($segment->name, readonly: true)['c'];
$pid = pcntl_fork();
if ($pid === 0) {
    usleep(50000);
    $counter->add();
    exit(0);
}
var_dump($reader->readonly, $reader->wait(0, 10), $reader->value, reap($pid));
?>
--EXPECT--
bool(true)
bool(true)
int(1)
int(0)
