--TEST--
kinds: what the dead held is removed
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../../kinds/kinds.php';
of_each(holds(), function (Hold $hold, Shoal\Segment $segment) {
    $old = $hold->handle($segment);
    killed_after(fn () => $hold->take($segment));
    unset($segment['x']);
    return same([count($segment), $old->{$hold->take}(0), $old->recovered ?? false], [0, true, $hold->tells]);
});
?>
--EXPECT--
all of them
