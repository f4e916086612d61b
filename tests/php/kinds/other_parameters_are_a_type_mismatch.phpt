--TEST--
kinds: other parameters are a type mismatch
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../../kinds/kinds.php';
of_each(live(), function (Kind $kind, Shoal\Segment $segment) {
    $made = $kind->make($segment);
    $said = array_map(fn ($other) => thrown(fn () => $other($segment, 'x')), $kind->others);
    return same(array_diff($said, ['Shoal\TypeMismatch']), []) === true && $kind->kept($segment['x']) == $kind->kept($made) ?: $said;
});
?>
--EXPECT--
all of them
