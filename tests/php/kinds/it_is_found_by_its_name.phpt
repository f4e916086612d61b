--TEST--
kinds: it is found by its name
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../../kinds/kinds.php';
of_each(live(), function (Kind $kind, Shoal\Segment $segment) {
    $made = $kind->make($segment);
    foreach ([$segment['x'], $segment->get('x'), $kind->make($segment)] as $found) {
        $seen[] = get_class($found) === $kind->class && $kind->kept($found) == $kind->kept($made) && $found->name === 'x' && $kind->use($found);
    }
    return same($seen, [true, true, true]);
});
?>
--EXPECT--
all of them
