--TEST--
kinds: a handle outlives close and removal
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../../kinds/kinds.php';
of_each(live(), function (Kind $kind, Shoal\Segment $segment) {
    $made = $kind->make($segment);
    unset($segment['x']);
    $removed = [$segment->info()['removed'], $kind->use($made)];
    $anew = $kind->make($segment);
    $same = $kind->kept($anew) == $kind->kept($made);
    $segment->close();
    return same([...$removed, $same, $kind->use($made)], [1, true, true, true]);
});
of_each(live(), function (Kind $kind, Shoal\Segment $segment) {
    $made = $kind->make($segment);
    $kept = $segment['x'];
    unset($segment['x'], $made);
    $removed = $segment->info()['removed'];
    unset($kept);
    return same([$removed, $segment->info()['removed'], $segment->check()], [1, 0, []]);
});
?>
--EXPECT--
all of them
all of them
