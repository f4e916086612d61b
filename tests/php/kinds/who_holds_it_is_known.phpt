--TEST--
kinds: who holds it is known
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../../kinds/kinds.php';
of_each(holds(), function (Hold $hold, Shoal\Segment $segment) {
    $hold->handle($segment);
    $holders = fn () => array_column($segment->info()['locks'][0]['holders'], 'count', 'pid');
    $seen = [$holders(), $hold->take($segment), $holders(), $hold->give($segment)];
    $other = holder(fn () => $hold->take($segment));
    return same([...$seen, $holders(), end_by($other), $holders()], [[], true, [getmypid() => 1], null, [$other => 1], -SIGKILL, []]);
});
?>
--EXPECT--
all of them
