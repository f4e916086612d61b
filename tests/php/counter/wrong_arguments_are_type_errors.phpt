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
echo complaint(fn () => $counter->wait(1, -1.0)), ' ', thrown(fn () => $counter->wait(1, NAN)), "\n";
echo complaint(function () use ($counter) { $counter->value = 5; }), ' ', $counter->value, "\n";
?>
--EXPECT--
TypeError TypeError
TypeError TypeError
TypeError TypeError
TypeError TypeError
ArgumentCountError ArgumentCountError ArgumentCountError
ValueError: Shoal\Counter::wait(): Argument #2 ($timeout) must be null, 0 or a positive number of seconds ValueError
Error: Cannot modify readonly property Shoal\Counter::$value 0
