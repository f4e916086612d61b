--TEST--
segment: handles are made by segments only
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
foreach (['Segment', 'NdArray', 'Counter', 'Lock', 'RWLock', 'Semaphore', 'Event', 'Condition', 'Barrier'] as $class) {
    echo complaint(fn () => new ("Shoal\\$class")()), "\n";
    echo thrown(fn () => (new ReflectionClass("Shoal\\$class"))->newInstanceWithoutConstructor()), "\n";
}
?>
--EXPECT--
Error: Call to private Shoal\Segment::__construct() from global scope
ReflectionException
Error: Call to private Shoal\NdArray::__construct() from global scope
ReflectionException
Error: Call to private Shoal\Counter::__construct() from global scope
ReflectionException
Error: Call to private Shoal\Lock::__construct() from global scope
ReflectionException
Error: Call to private Shoal\RWLock::__construct() from global scope
ReflectionException
Error: Call to private Shoal\Semaphore::__construct() from global scope
ReflectionException
Error: Call to private Shoal\Event::__construct() from global scope
ReflectionException
Error: Call to private Shoal\Condition::__construct() from global scope
ReflectionException
Error: Call to private Shoal\Barrier::__construct() from global scope
ReflectionException
