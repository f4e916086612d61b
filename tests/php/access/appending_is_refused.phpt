--TEST--
access: appending is refused
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
echo complaint(fn () => $segment[] = 1), "\n";
var_dump(count($segment));
?>
--EXPECT--
Error: Cannot append to a Shoal\Segment: its objects have names
int(0)
