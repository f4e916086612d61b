--TEST--
kinds: handles of one object are equal, through whatever attach
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../../kinds/kinds.php';
of_each(array_filter(live(), fn ($kind) => $kind->handle), function (Kind $kind, Shoal\Segment $segment) {
    $made = $kind->make($segment);
    $readonly = Shoal\open($segment->name, readonly: true);
    foreach ([$kind->make($segment), $segment['x'], $readonly['x'], unserialize(serialize($made))] as $it) {
        $equal[] = $made == $it && $it == $made && in_array($it, [$made]) && $made !== $it;
    }
    $others = [$kind->make($segment, 'another'), $kind->make(fresh()), $segment, $kind->class === Shoal\Event::class ? $segment->lock('l') : $segment->event('e')];
    unset($segment['x']);
    $others[] = $kind->make($segment); // made anew
    return same([array_unique($equal), array_filter($others, fn ($it) => $made == $it)], [[true], []]);
});
?>
--EXPECT--
all of them
