--TEST--
barrier: wrong numbers of parties are value errors
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
foreach ([0, -1, 4097, PHP_INT_MAX] as $parties) {
    echo thrown(fn () => $segment->barrier('b', $parties)), ' ';
}
var_dump($segment->barrier('most', 4096)->parties);
?>
--EXPECT--
ValueError ValueError ValueError ValueError int(4096)
