--TEST--
job queue: what is not said of an existing queue is as it is
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$queue = $segment->jobQueue('j', '64K', 7, 2.5);
$same = [$segment->jobQueue('j'), $segment->jobQueue('j', 65536), $segment->jobQueue('j', attempts: 7), $segment->jobQueue('j', lease: 2.5), $segment->queue('j')];
var_dump(count(array_filter($same, fn ($each) => $each == $queue)));
$made = $segment->jobQueue('made', attempts: 1);
var_dump($made->capacity, $made->attempts, $made->lease);
foreach ([['64K', 7, 2], ['32K'], [65536, 6]] as $other) {
    echo thrown(fn () => $segment->jobQueue('j', ...$other)), "\n";
}
?>
--EXPECT--
int(5)
int(1048576)
int(1)
NULL
Shoal\TypeMismatch
Shoal\TypeMismatch
Shoal\TypeMismatch
