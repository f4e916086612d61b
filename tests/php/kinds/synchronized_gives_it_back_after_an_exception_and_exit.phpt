--TEST--
kinds: synchronized gives it back after an exception and exit
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../../kinds/kinds.php';
of_each(array_filter(holds(), fn ($hold) => $hold->synchronized !== null), function (Hold $hold, Shoal\Segment $segment) {
    $handle = $hold->handle($segment);
    $inside = fn (callable $callback) => $handle->{$hold->synchronized}($callback);
    $seen = $inside(fn (object $held) => [$held === $handle, child(fn () => exit($hold->alone($segment) ? 1 : 0))]);
    $seen[] = complaint(fn () => $inside(fn () => throw new LogicException('mine')));
    $seen[] = $hold->alone($segment);
    $seen[] = complaint(fn () => $inside(function () use ($hold, $segment) { $hold->give($segment); throw new LogicException('released'); }));
    $seen[] = thrown(fn () => $inside(fn () => $hold->give($segment)));
    $seen[] = child(function () use ($hold, $segment, $inside) {
        register_shutdown_function(fn () => $hold->alone($segment) && !$hold->recovered($segment) || print "still held at the end\n");
        $inside(fn () => exit(3));
    });
    return same([...$seen, $hold->alone($segment, 10), $hold->recovered($segment)], [
        true, 0, 'LogicException: mine', true, 'LogicException: released', 'Shoal\LockError', 3, true, false,
    ]);
});
?>
--EXPECT--
all of them
