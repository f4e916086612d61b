--TEST--
segment: info tells who holds a lock
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$segment->lock('free');
$segment->lock('held')->acquire();
$locks = $segment->info()['locks'];
ksort($locks);
var_dump(array_keys($locks), $locks['free'], $locks['held']['pid'] === getmypid(), $locks['held']['alive']);
$segment->lock('held')->release();
?>
--EXPECT--
array(2) {
  [0]=>
  string(4) "free"
  [1]=>
  string(4) "held"
}
NULL
bool(true)
bool(true)
