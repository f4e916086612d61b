--TEST--
kinds: a handle that was never made is closed
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../../kinds/kinds.php';
foreach (['Shoal\Segment', ...array_column(live(), 'class')] as $class) {
    $handle = null;
    try {
        unserialize(sprintf('a:2:{i:0;O:%d:"%s":1:{s:1:"x";i:1;}i:1;R:2;}', strlen($class), $class));
    } catch (Throwable $error) {
        foreach ($error->getTrace() as $frame) {
            $handle = $frame['object'] ?? $handle;
        }
    }
    get_class($error) === 'UnexpectedValueException' || print "$class: $error\n";
}
echo count(live()) > 7 ? 'all of them' : 'too few', "\n";
?>
--EXPECT--
all of them
