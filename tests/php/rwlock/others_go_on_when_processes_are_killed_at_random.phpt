--TEST--
rwlock: others go on when processes are killed at random
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$rw = $segment->rwlock('rw');
$numbers = $segment->array('n', [2], 'int64');
echo storm($segment, function () use ($rw, $numbers) {
    $rw->writeSynchronized(function ($rw) use ($numbers) {
        if ($rw->recovered) {
            $numbers[1] = $numbers[0];
        }
        $numbers[0] = $numbers[0] + 1;
        $numbers[1] = $numbers[1] + 1;
    });
    $rw->readSynchronized(fn ($rw) => $rw->recovered || $numbers[0] === $numbers[1] || exit(1));
}), "\n";
var_dump($rw->write(1));
?>
--EXPECT--
[]
bool(true)
