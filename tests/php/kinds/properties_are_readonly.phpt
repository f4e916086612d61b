--TEST--
kinds: properties are readonly
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../../kinds/kinds.php';
of_each(live(), function (Kind $kind, Shoal\Segment $segment) {
    $made = $kind->make($segment);
    foreach ($names = ['name', ...$kind->kept, ...$kind->facts] as $name) {
        $complaint = complaint(function () use ($made, $name) { $made->$name = 1; });
        $complaint === "Error: Cannot modify readonly property $kind->class::\$$name" || $wrong[] = $complaint;
        complaint(fn () => $made->$name) === 'nothing' || $wrong[] = "$name cannot be read";
        (new ReflectionProperty($made, $name))->isReadOnly() || $wrong[] = "$name is not declared";
    }
    $all = array_column((new ReflectionClass($made))->getProperties(), 'name');
    return same([$wrong ?? [], array_diff($all, $names), thrown(function () use ($made) { $made->other = 1; })], [[], [], 'Error']);
});
?>
--EXPECT--
all of them
