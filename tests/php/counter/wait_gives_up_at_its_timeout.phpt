--TEST--
counter: wait gives up at its timeout
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$counter = fresh()->counter('c');
$start = hrtime(true);
$changed = $counter->wait(0, 0.2);
$seconds = (hrtime(true) - $start) / 1e9;
var_dump($changed, $seconds >= 0.2, $seconds < 5);
?>
--EXPECT--
bool(false)
bool(true)
bool(true)
