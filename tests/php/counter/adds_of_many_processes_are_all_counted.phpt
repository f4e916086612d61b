--TEST--
counter: adds of many processes are all counted
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$children = [];
for ($i = 0; $i < 8; $i++) {
    $children[$i] = pcntl_fork();
    if ($children[$i] === 0) {
        $counter = Shoal\open($segment->name)->counter('c');
        for ($j = 0; $j < 20000; $j++) {
            $counter->add();
        }
        exit(0);
    }
}
var_dump(array_sum(array_map('reap', $children)), $segment->counter('c')->value);
?>
--EXPECT--
int(0)
int(160000)
