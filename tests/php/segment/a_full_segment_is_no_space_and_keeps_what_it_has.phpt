--TEST--
segment: a full segment is no space and keeps what it has
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh('1M');
$segment['k'] = 'kept';
echo complaint(fn () => $segment['k'] = str_repeat('x', 2 << 20)), "\n";
echo thrown(fn () => $segment->array('a', [1 << 20])), "\n";
var_dump($segment['k'], $segment->check());
?>
--EXPECTF--
Shoal\NoSpace: %s
Shoal\NoSpace
string(4) "kept"
array(0) {
}
