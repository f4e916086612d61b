--TEST--
lock: synchronized excludes other processes
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$array = $segment->array('a', [1], 'int64');
$children = [];
for ($i = 0; $i < 4; $i++) {
    $children[$i] = pcntl_fork();
    if ($children[$i] === 0) {
        $mine = Shoal\open($segment->name);
        [$lock, $numbers] = [$mine->lock('l'), $mine->array('a')];
        for ($j = 0; $j < 3000; $j++) {
            $lock->synchronized(fn () => $numbers[0] = $numbers[0] + 1);
        }
        exit(0);
    }
}
var_dump(array_sum(array_map('reap', $children)), $array[0]);
?>
--EXPECT--
int(0)
int(12000)
