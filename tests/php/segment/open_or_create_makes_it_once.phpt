--TEST--
segment: open or create makes it once
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$name = fresh_name();
$one = Shoal\open_or_create($name, '1M');
$one['k'] = 1;
$other = Shoal\open_or_create($name, '2M');
var_dump($other['k'], $other->size);
?>
--EXPECT--
int(1)
int(1048576)
