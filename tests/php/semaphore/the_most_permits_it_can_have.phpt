--TEST--
semaphore: the most permits it can have
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
var_dump($segment->semaphore('most', 65536)->value, $segment->semaphore('count', 2147483647, false)->value);
?>
--EXPECT--
int(65536)
int(2147483647)
