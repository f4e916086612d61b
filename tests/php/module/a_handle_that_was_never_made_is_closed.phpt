--TEST--
module: a handle that was never made is closed
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
foreach (['Segment', 'NdArray', 'Counter', 'Lock', 'RWLock', 'Semaphore', 'Event', 'Condition', 'Barrier'] as $class) {
    $handle = null;
    try {
        unserialize(sprintf('a:2:{i:0;O:%d:"Shoal\%s":1:{s:1:"x";i:1;}i:1;R:2;}', strlen($class) + 6, $class));
    } catch (Throwable $error) {
        foreach ($error->getTrace() as $frame) {
            $handle = $frame['object'] ?? $handle;
        }
    }
    echo get_class($error), "\n";
}
?>
--EXPECT--
UnexpectedValueException
UnexpectedValueException
UnexpectedValueException
UnexpectedValueException
UnexpectedValueException
UnexpectedValueException
UnexpectedValueException
UnexpectedValueException
UnexpectedValueException
