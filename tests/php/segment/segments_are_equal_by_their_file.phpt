--TEST--
segment: segments are equal by their file
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$readonly = Shoal\open($segment->name, readonly: true);
$closed = Shoal\open($segment->name);
echo json_encode([$segment == $closed, $segment == $readonly, $segment == fresh(), $segment == unserialize(serialize($readonly))]), "\n";
$closed->close();
echo json_encode([$segment == $closed, $closed == $closed]), "\n";
$anonymous = Shoal\create(null, '4M');
$anonymous->array('x', [1]);
echo complaint(fn () => $anonymous->event('x')), "\n";
?>
--EXPECT--
[true,true,false,true]
[true,true]
Shoal\TypeMismatch: "x" in segment "(anonymous)" is an NdArray, and an Event was asked for
