--TEST--
counter: the initial value counts only when it is made
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$segment->counter('c', 10)->add();
var_dump($segment->counter('c', 99)->value, $segment->counter('other')->value);
?>
--EXPECT--
int(11)
int(0)
