--TEST--
kinds: with impossible parameters none is made
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../../kinds/kinds.php';
of_each(live(), function (Kind $kind, Shoal\Segment $segment) {
    $said = array_map(fn ($make) => thrown(fn () => $make($segment, 'new')), $kind->impossible);
    return same([array_values(array_diff($said, ['ValueError'])), isset($segment['new'])], [[], false]);
});
?>
--EXPECT--
all of them
