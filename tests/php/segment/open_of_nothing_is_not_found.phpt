--TEST--
segment: open of nothing is not found
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
var_dump(thrown(fn () => Shoal\open(fresh_name())));
var_dump(thrown(fn () => Shoal\unlink(fresh_name())));
?>
--EXPECT--
string(14) "Shoal\NotFound"
string(14) "Shoal\NotFound"
