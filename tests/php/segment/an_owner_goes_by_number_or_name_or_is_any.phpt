--TEST--
segment: an owner goes by number or name or is any
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
var_dump(Shoal\open($segment->name, owner: 'any')->name === $segment->name);
var_dump(Shoal\open($segment->name, owner: 'root')->name === $segment->name);
var_dump(Shoal\open($segment->name, owner: getmyuid())->name === $segment->name);
var_dump(thrown(fn () => Shoal\open($segment->name, owner: 'no such user')));
var_dump(thrown(fn () => Shoal\open($segment->name, owner: -5)));
?>
--EXPECT--
bool(true)
bool(true)
bool(true)
string(10) "ValueError"
string(10) "ValueError"
