--TEST--
kinds: a forked child holds nothing
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../../kinds/kinds.php';
of_each(holds(), function (Hold $hold, Shoal\Segment $segment) {
    $hold->take($segment);
    $child = child(fn () => exit(
        (thrown(fn () => $hold->give($segment)) === 'Shoal\LockError' ? 0 : 1) + ($hold->alone($segment) ? 2 : 0) + ($hold->recovered($segment) ? 4 : 0)
    ));
    $hold->give($segment);
    return same([$child, child(fn () => exit($hold->alone($segment, 1) && !$hold->recovered($segment) ? 0 : 1))], [0, 0]);
});
?>
--EXPECT--
all of them
