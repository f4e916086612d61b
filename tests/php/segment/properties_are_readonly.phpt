--TEST--
segment: properties are readonly
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
var_dump(complaint(function () use ($segment) { $segment->name = 'x'; }));
var_dump(complaint(function () use ($segment) { unset($segment->name); }));
var_dump(complaint(function () use ($segment) { $reference = &$segment->size; }));
var_dump(complaint(function () use ($segment) { $segment->size++; }));
var_dump(complaint(function () use ($segment) { $segment->other = 1; }));
var_dump(isset($segment->name, $segment->size), isset($segment->other), empty($segment->readonly));
?>
--EXPECTF--
string(%d) "Error: Cannot modify readonly property Shoal\Segment::$name"
string(%d) "Error: Cannot unset readonly property Shoal\Segment::$name"
string(%d) "Error: Cannot modify readonly property Shoal\Segment::$size"
string(%d) "Error: Cannot modify readonly property Shoal\Segment::$size"
string(%d) "Error: Cannot create dynamic property Shoal\Segment::$other"
bool(true)
bool(false)
bool(true)
