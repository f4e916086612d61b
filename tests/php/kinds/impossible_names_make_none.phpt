--TEST--
kinds: impossible names make none
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../../kinds/kinds.php';
of_each(kinds(), function (Kind $kind, Shoal\Segment $segment) {
    foreach (['', str_repeat('x', 256), str_repeat('é', 128), "a\0b", "\xff"] as $bad) {
        $said[] = thrown(fn () => $kind->make($segment, $bad));
    }
    unset($segment['the lock']);
    return same([array_values(array_unique($said)), count($segment)], [['ValueError'], 0]);
});
?>
--EXPECT--
all of them
