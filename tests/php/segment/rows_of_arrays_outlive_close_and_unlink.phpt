--TEST--
segment: rows of arrays outlive close and unlink
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$row = $segment->array('m', [2, 2])[1];
$segment->unlink();
$segment->close();
unset($segment);
$row[0] = 1.5;
echo json_encode($row->toArray()), "\n";
?>
--EXPECT--
[1.5,0]
