--TEST--
counter: wait returns when the value differs
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$counter = fresh()->counter('c', 5);
var_dump($counter->wait(4), $counter->wait(4, 0), $counter->wait(5, 0));
?>
--EXPECT--
bool(true)
bool(true)
bool(false)
