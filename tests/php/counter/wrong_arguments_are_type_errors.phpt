--TEST--
counter: wrong arguments are type errors
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$counter = fresh()->counter('c');
foreach (['add', 'sub', 'exchange', 'wait'] as $method) {
    echo thrown(fn () => $counter->$method('x')), ' ', thrown(fn () => $counter->$method([])), "\n";
}
echo thrown(fn () => $counter->exchange()), ' ', thrown(fn () => $counter->compareExchange(1)), ' ', thrown(fn () => $counter->add(1, 2)), "\n";
echo $counter->value, "\n";
?>
--EXPECT--
TypeError TypeError
TypeError TypeError
TypeError TypeError
TypeError TypeError
ArgumentCountError ArgumentCountError ArgumentCountError
0
