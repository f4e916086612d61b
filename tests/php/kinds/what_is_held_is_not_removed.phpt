--TEST--
kinds: what is held is not removed
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../../kinds/kinds.php';
of_each(holds(), function (Hold $hold, Shoal\Segment $segment) {
    $hold->take($segment);
    $remove = function () use ($segment) { unset($segment['x']); };
    $told = '/^Shoal\\\\LockError: "x" in segment "[^"]*" is not removed: .*\(pid ' . getmypid() . '.*\) ' . $hold->kept . '; '
        . 'an object that is held or waited for keeps its name$/';
    $said = complaint($remove);
    $seen = [preg_match($told, $said) ?: $said, isset($segment['x']), child(fn () => exit(thrown($remove) === 'Shoal\LockError' ? 0 : 1))];
    $hold->give($segment);
    $old = $hold->handle($segment);
    $remove();
    return same([...$seen, count($segment), $hold->take($segment, 0), $old == $hold->handle($segment)], [1, true, 0, 0, true, false]);
});
?>
--EXPECT--
all of them
