--TEST--
barrier: processes meet a thousand times
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$barrier = $segment->barrier('b', 3);
[$before, $acted] = [$segment->counter('before'), $segment->counter('acted')];
$party = function () use ($barrier, $before, $acted) {
    for ($i = 1; $i <= 1000; $i++) {
        $before->add();
        $barrier->wait(10, fn () => $before->value === 3 * $i ? $acted->add() : exit(1));
        $before->value >= 3 * $i && $acted->value >= $i || exit(2);
    }
};
var_dump(array_sum(array_map('reap', [start($party), start($party), start($party)])), $before->value, $acted->value);
?>
--EXPECT--
int(0)
int(3000)
int(1000)
