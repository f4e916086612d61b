--TEST--
semaphore: wrong values are value errors
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
foreach ([[0], [-1], [65537], [PHP_INT_MAX], [-1, false], [2147483648, false]] as $arguments) {
    echo thrown(fn () => $segment->semaphore('s', ...$arguments)), ' ';
}
var_dump($segment->semaphore('most', 65536)->value, $segment->semaphore('count', 2147483647, false)->value);
?>
--EXPECT--
ValueError ValueError ValueError ValueError ValueError ValueError int(65536)
int(2147483647)
