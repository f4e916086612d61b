--TEST--
segment: unlink takes the name away and leaves the memory
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$other = fresh();
$segment['k'] = $other['k'] = 1;
$segment->unlink();
Shoal\unlink($other->name);
var_dump($segment['k'], $other['k']);
var_dump(thrown(fn () => Shoal\open($segment->name)), thrown(fn () => Shoal\open($other->name)));
?>
--EXPECT--
int(1)
int(1)
string(14) "Shoal\NotFound"
string(14) "Shoal\NotFound"
