--TEST--
segment: create refuses a name that is taken
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
var_dump(thrown(fn () => Shoal\create($segment->name)));
?>
--EXPECT--
string(19) "Shoal\AlreadyExists"
