--TEST--
segment: open finds what create made
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$segment['k'] = 'v';
$again = Shoal\open($segment->name);
var_dump($again['k'], $again->size === $segment->size);
?>
--EXPECT--
string(1) "v"
bool(true)
