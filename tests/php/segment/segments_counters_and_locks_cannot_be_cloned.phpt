--TEST--
segment: segments counters and locks cannot be cloned
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
foreach ([$segment, $segment->counter('c'), $segment->lock('l'), $segment->rwlock('r'), $segment->semaphore('s'), $segment->event('e'), $segment->condition('n', $segment->lock('l')), $segment->barrier('b', 2)] as $handle) {
    echo complaint(fn () => clone $handle), "\n";
}
?>
--EXPECT--
Error: Trying to clone an uncloneable object of class Shoal\Segment
Error: Trying to clone an uncloneable object of class Shoal\Counter
Error: Trying to clone an uncloneable object of class Shoal\Lock
Error: Trying to clone an uncloneable object of class Shoal\RWLock
Error: Trying to clone an uncloneable object of class Shoal\Semaphore
Error: Trying to clone an uncloneable object of class Shoal\Event
Error: Trying to clone an uncloneable object of class Shoal\Condition
Error: Trying to clone an uncloneable object of class Shoal\Barrier
