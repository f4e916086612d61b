--TEST--
kinds: of a closed segment none is opened
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../../kinds/kinds.php';
of_each(kinds(), function (Kind $kind, Shoal\Segment $segment) {
    $kind->make($segment);
    $segment->close();
    return same([thrown(fn () => $kind->make($segment)), thrown(fn () => $segment['x'])], ['Shoal\Closed', 'Shoal\Closed']);
});
?>
--EXPECT--
all of them
