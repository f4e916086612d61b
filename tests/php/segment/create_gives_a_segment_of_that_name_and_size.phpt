--TEST--
segment: create gives a segment of that name and size
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$name = fresh_name();
$segment = Shoal\create($name, '2M');
var_dump($segment->name === $name, $segment->size, $segment->readonly, $segment->closed, count($segment));
var_dump($segment->used <= $segment->size);
?>
--EXPECT--
bool(true)
int(2097152)
bool(false)
bool(false)
int(0)
bool(true)
