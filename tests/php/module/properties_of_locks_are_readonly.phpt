--TEST--
module: properties of locks are readonly
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
foreach ([
    [$segment->rwlock('rw'), ['name', 'recovered', 'owner', 'readers', 'waiters']],
    [$segment->semaphore('s'), ['name', 'value', 'initial', 'bounded', 'holders', 'waiters']],
    [$segment->event('e'), ['name', 'readonly', 'waiters']],
    [$segment->condition('c', $segment->lock('l')), ['name', 'lock', 'waiters']],
    [$segment->barrier('b', 2), ['name', 'parties', 'waiting', 'broken', 'holders']],
    [$segment->lock('l'), ['waiters']],
    [$segment->counter('n'), ['waiters']],
] as [$handle, $names]) {
    foreach ($names as $name) {
        $complaint = complaint(function () use ($handle, $name) { $handle->$name = 1; });
        $complaint === 'Error: Cannot modify readonly property ' . get_class($handle) . "::\$$name" || print "$complaint\n";
        complaint(fn () => $handle->$name) === 'nothing' || print "$name cannot be read\n";
        (new ReflectionProperty($handle, $name))->isReadOnly() || print "$name is not declared\n";
    }
    echo thrown(function () use ($handle) { $handle->other = 1; }), ' ';
}
?>
--EXPECT--
Error Error Error Error Error Error Error
