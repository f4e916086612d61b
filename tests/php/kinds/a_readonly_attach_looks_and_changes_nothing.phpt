--TEST--
kinds: a readonly attach looks and changes nothing
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../../kinds/kinds.php';
of_each(live(), function (Kind $kind, Shoal\Segment $segment) {
    $made = $kind->make($segment);
    $reader = Shoal\open($segment->name, readonly: true);
    $seen = $reader['x'];
    foreach ($kind->looks as $number => $look) {
        $look($seen) == $look($made) || $wrong[] = "look $number";
    }
    foreach ([...$kind->changes, fn () => $kind->make($reader, 'new'), function () use ($reader) { unset($reader['x']); }] as $number => $change) {
        ($said = thrown(fn () => $change($seen))) === 'Shoal\ReadOnlyError' || $wrong[] = "change $number: $said";
    }
    $same = get_class($seen) === $kind->class && $kind->kept($seen) == $kind->kept($made) && $kind->kept($kind->make($reader)) == $kind->kept($made);
    return same([$wrong ?? [], $same, isset($segment['new']), $kind->use($made)], [[], true, false, true]);
});
?>
--EXPECT--
all of them
