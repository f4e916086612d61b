--TEST--
stream: the capacity is a power of two and stays
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
var_dump($segment->stream('a')->capacity, $segment->stream('b', '5K')->capacity, $segment->stream('b')->capacity, $segment->stream('b', 8000) == $segment['b']);
echo complaint(fn () => $segment->stream('b', 8193)), "\n", complaint(fn () => $segment->stream('c', 0)), "\n";
var_dump(isset($segment['c']));
?>
--EXPECTF--
int(1048576)
int(8192)
int(8192)
bool(true)
Shoal\TypeMismatch: stream "b" in segment "%s" has a capacity of 8192 bytes, and one of 8193 (16384, as a power of two) was asked for
ValueError: Shoal\Segment::stream(): Argument #2 ($capacity) must be greater than 0
bool(false)
