--TEST--
array: processes share the memory
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$array = $segment->array('a', [100], 'int64');
var_dump(child(function () use ($segment) {
    $mine = Shoal\open($segment->name)->array('a');
    foreach (range(0, 99) as $i) {
        $mine[$i] = $i;
    }
}), $array->sum());
killed_after(fn () => $array->slice([0, 50])->fill(1));
var_dump($array->sum());
?>
--EXPECT--
int(0)
int(4950)
int(3775)
