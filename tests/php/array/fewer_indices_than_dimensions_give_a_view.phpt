--TEST--
array: fewer indices than dimensions give a view
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$grid = $segment->array('grid', [2, 3], 'int32');
$row = $grid[1];
$row[2] = 7;
echo json_encode([$grid->toArray(), $row->shape, $grid->get(1)->shape, $grid->get()->shape, $grid[[]]->shape]), "\n";
$grid[0] = [1, 2, 3];
$grid[[1]] = $grid[0];
$grid->set(9, 0);
echo json_encode($grid->toArray()), "\n";
?>
--EXPECT--
[[[0,0,0],[0,0,7]],[3],[3],[2,3],[2,3]]
[[9,9,9],[1,2,3]]
