--TEST--
array: it overlaps itself through a readonly attach
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$readonly = Shoal\open($segment->name, readonly: true);
$written = $segment->array('a', [1000], 'int64');
$read = $readonly->array('a');
$wrong = 0;
foreach ([1, 2, 7, 500] as $by) {
    foreach ([1, 2, -1] as $step) {
        $written->assign(range(0, 999));
        $source = $read->slice([0, 1000 - $by])->slice([null, null, $step]);
        $wanted = $written->toArray();
        array_splice($wanted, $by, $source->size, $source->toArray());
        $written->slice([$by, $by + $source->size])->assign($source);
        $wrong += $written->toArray() !== $wanted;
    }
}
$written->assign(range(0, 999));
$segment['a'] = $read->slice([null, null, -1]); // to its name
$wrong += $written->toArray() !== range(999, 0);
$written->assign(range(0, 999));
$grid = $segment->array('grid', [2, 500], 'int64');
$grid->assign([range(0, 499), range(500, 999)]);
$grid[1] = $readonly->array('grid')->slice(0);
$grid->set($readonly->array('grid')->slice(1, [null, null, -1]), 0);
$wrong += $grid->toArray() !== [range(499, 0), range(0, 499)];
var_dump($wrong);
?>
--EXPECT--
int(0)
