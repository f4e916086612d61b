--TEST--
segment: a group goes by number or name
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$path = fresh_path();
Shoal\create($path, '1M', group: getmygid());
var_dump(filegroup($path) === getmygid());
var_dump(complaint(fn () => Shoal\create(null, '1M', group: 'no such group')));
var_dump(thrown(fn () => Shoal\create(null, '1M', group: -5)));
?>
--EXPECTF--
bool(true)
string(%d) "ValueError: Shoal\create(): Argument #4 ($group) must be a group of this host, "no such group" is none"
string(10) "ValueError"
