--TEST--
value: a failed store leaves the old value
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh('1M');
$segment['k'] = ['old'];
var_dump(thrown(fn () => $segment['k'] = [1, fn () => 1]), thrown(fn () => $segment['k'] = str_repeat('x', 1 << 21)));
var_dump($segment['k'] === ['old'], $segment->check() === []);
?>
--EXPECT--
string(9) "TypeError"
string(13) "Shoal\NoSpace"
bool(true)
bool(true)
