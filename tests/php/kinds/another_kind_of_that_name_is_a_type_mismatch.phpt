--TEST--
kinds: another kind of that name is a type mismatch
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../../kinds/kinds.php';
of_each(kinds(), function (Kind $kind, Shoal\Segment $segment, string $name) {
    $made = $kind->make($segment);
    foreach (kinds() as $other => $driver) {
        $other === $name || $said[$other] = thrown(fn () => $driver->make($segment));
    }
    return same([...array_values(array_unique($said)), $kind->use($made)], ['Shoal\TypeMismatch', true]) === true ?: $said;
});
?>
--EXPECT--
all of them
