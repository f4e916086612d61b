--TEST--
lock: others go on when processes are killed at random
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$lock = $segment->lock('l');
$numbers = $segment->array('n', [2], 'int64');
echo storm($segment, fn () => $lock->synchronized(function ($lock) use ($numbers) {
    if ($lock->recovered) {
        $numbers[1] = $numbers[0];
    }
    $numbers[0] === $numbers[1] || exit(1);
    $numbers[0] = $numbers[0] + 1;
    $numbers[1] = $numbers[1] + 1;
})), "\n";
?>
--EXPECT--
[]
