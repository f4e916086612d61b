--TEST--
barrier: max execution time ends a wait
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$barrier = $segment->barrier('b', 2);
echo one_second($segment, 'register_shutdown_function(fn () => print json_encode([$s["b"]->holders, $s["b"]->broken])); $s["b"]->wait();'), "\n";
var_dump($barrier->waiting, $barrier->broken, $barrier->holders);
?>
--EXPECTF--
%AFatal error: Maximum execution time of 1 second exceeded in Command line code on line 1
[[],true]
255
int(0)
bool(true)
array(0) {
}
