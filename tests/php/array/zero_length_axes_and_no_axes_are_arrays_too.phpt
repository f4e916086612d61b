--TEST--
array: zero length axes and no axes are arrays too
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$empty = $segment->array('empty', [2, 0, 3], 'int32');
echo json_encode([$empty->size, $empty->nbytes, $empty->toArray(), $empty->pack(), count($empty), $empty->sum()]), "\n";
$empty->assign([[], []]);
$empty->fill(1);
$scalar = $segment->array('scalar', [], 'int32');
$scalar->set(5);
$scalar[[]] = $scalar[[]] + 1;
echo json_encode([$scalar->shape, $scalar->ndim, $scalar->size, $scalar->get(), $scalar->toArray(), $scalar->sum()]), "\n";
$scalar->assign([9]);
echo $scalar->get(), ' ', thrown(fn () => count($scalar)), ' ', thrown(function () use ($scalar) { foreach ($scalar as $x); }), "\n";
?>
--EXPECT--
[0,0,[[],[]],"",2,0]
[[],0,1,6,[6],6]
9 TypeError TypeError
