--TEST--
access: a missing name throws not found
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
echo complaint(fn () => $segment['nothing']), "\n";
var_dump(thrown(fn () => $segment->offsetGet('nothing')), thrown(fn () => $segment->array('nothing')));
var_dump(thrown(fn () => $segment['nothing']['deeper']));
?>
--EXPECTF--
Shoal\NotFound: %snothing%s
string(14) "Shoal\NotFound"
string(14) "Shoal\NotFound"
string(14) "Shoal\NotFound"
