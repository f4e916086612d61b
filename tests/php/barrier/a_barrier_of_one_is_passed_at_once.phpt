--TEST--
barrier: a barrier of one is passed at once
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$barrier = fresh()->barrier('b', 1);
var_dump($barrier->wait(), $barrier->wait(0), $barrier->wait(1, fn () => print "action\n"), fresh()->barrier('most', 4096)->parties);
?>
--EXPECT--
action
int(0)
int(0)
int(0)
int(4096)
