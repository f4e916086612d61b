--TEST--
kinds: what has no name cannot be serialized
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../../kinds/kinds.php';
echo complaint(fn () => serialize(Shoal\create(null, '1M'))), "\n";
of_each(live(), function (Kind $kind) {
    $made = $kind->make(Shoal\create(null, '1M'));
    return same([complaint(fn () => serialize($made))], ["Exception: Serialization of '$kind->class' is not allowed: its segment has no name"]);
});
?>
--EXPECT--
Exception: Serialization of 'Shoal\Segment' is not allowed: its segment has no name
all of them
