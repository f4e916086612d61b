--TEST--
kinds: max execution time ends a wait
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../../kinds/kinds.php';
of_each(waits(), function (Wait $wait, Shoal\Segment $segment, string $name) {
    $wait->hold($segment);
    $mine = 'waits()["' . $name . '"]';
    $said = one_second($segment, 'require ' . var_export(KINDS, true) . "; register_shutdown_function(fn () => print {$mine}->waiting(\$s)); {$mine}->wait(\$s);");
    $told = preg_match('/Fatal error: Maximum execution time of 1 second exceeded.*\n0\n255$/', $said);
    return same([$told ?: $said, $wait->waiting($segment), $segment['x']->broken ?? true, serves($wait, $segment)], [1, 0, true, true]);
});
?>
--EXPECT--
all of them
