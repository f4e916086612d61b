--TEST--
kinds: handles cannot be cloned
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../../kinds/kinds.php';
echo complaint(fn () => clone fresh()), "\n";
of_each(array_filter(live(), fn ($kind) => $kind->handle), function (Kind $kind, Shoal\Segment $segment) {
    $made = $kind->make($segment);
    return same([complaint(fn () => clone $made)], ["Error: Trying to clone an uncloneable object of class $kind->class"]);
});
?>
--EXPECT--
Error: Trying to clone an uncloneable object of class Shoal\Segment
all of them
