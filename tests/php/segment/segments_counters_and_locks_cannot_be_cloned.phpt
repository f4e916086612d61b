--TEST--
segment: segments counters and locks cannot be cloned
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
foreach ([$segment, $segment->counter('c'), $segment->lock('l')] as $handle) {
    echo complaint(fn () => clone $handle), "\n";
}
?>
--EXPECT--
Error: Trying to clone an uncloneable object of class Shoal\Segment
Error: Trying to clone an uncloneable object of class Shoal\Counter
Error: Trying to clone an uncloneable object of class Shoal\Lock
