--TEST--
kinds: a child that ends without release gives it up
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../../kinds/kinds.php';
of_each(holds(), function (Hold $hold, Shoal\Segment $segment) {
    $seen = [child(fn () => $hold->take($segment)), $hold->strongest($segment, INF), $hold->recovered($segment)];
    $hold->give($segment);
    return same([...$seen, $hold->strongest($segment, 10), $hold->recovered($segment)], [0, true, $hold->tells, true, false]);
});
?>
--EXPECT--
all of them
