--TEST--
kinds: next taker is told that the holder died
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../../kinds/kinds.php';
of_each(holds(), function (Hold $hold, Shoal\Segment $segment) {
    killed_after(fn () => $hold->take($segment));
    $seen = [seconds(fn () => $hold->strongest($segment, 10)) < 0.3, $hold->recovered($segment), $hold->give($segment), $hold->recovered($segment)];
    return same([...$seen, $hold->strongest($segment, 1), $hold->recovered($segment)], [true, $hold->tells, null, false, true, false]); // told only once
});
?>
--EXPECT--
all of them
