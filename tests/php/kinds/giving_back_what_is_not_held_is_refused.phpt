--TEST--
kinds: giving back what is not held is refused
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../../kinds/kinds.php';
of_each(holds(), function (Hold $hold, Shoal\Segment $segment) {
    $said[] = thrown(fn () => $hold->give($segment));
    $hold->take($segment);
    $hold->give($segment);
    $said[] = thrown(fn () => $hold->give($segment));
    $holder = holder(fn () => $hold->take($segment));
    $said[] = thrown(fn () => $hold->give($segment)); // the other's
    end_by($holder);
    return same($said, ['Shoal\LockError', 'Shoal\LockError', 'Shoal\LockError']);
});
?>
--EXPECT--
all of them
