--TEST--
kinds: handles are made by segments only
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../../kinds/kinds.php';
foreach (['Shoal\Segment', ...array_column(live(), 'class')] as $class) {
    $said = complaint(fn () => new $class());
    $said === "Error: Call to private $class::__construct() from global scope" || print "$class: $said\n";
    $said = thrown(fn () => (new ReflectionClass($class))->newInstanceWithoutConstructor());
    $said === 'ReflectionException' || print "$class: $said\n";
}
echo count(live()) > 7 ? 'all of them' : 'too few', "\n";
?>
--EXPECT--
all of them
