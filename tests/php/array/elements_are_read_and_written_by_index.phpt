--TEST--
array: elements are read and written by index
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$line = $segment->array('line', [4], 'int32');
$line[0] = 1;
$line[-1] = 4;
$line[[1]] = 2;
$line->set(3, 2);
$line[0] += 10;
echo json_encode([$line->toArray(), $line[0], $line[-1], $line[[3]], $line->get(-4)]), "\n";
$grid = $segment->array('grid', [2, 3], 'int32');
$grid[[0, 1]] = 1;
$grid[[-1, -1]] = 6;
$grid[1][0] = 4;
$grid->set(5, 1, 1);
echo json_encode([$grid->toArray(), $grid[[0, 1]], $grid[1][2], $grid->get(1, 0)]), "\n";
?>
--EXPECT--
[[11,2,3,4],11,4,4,11]
[[[0,1,0],[4,5,6]],1,6,4]
