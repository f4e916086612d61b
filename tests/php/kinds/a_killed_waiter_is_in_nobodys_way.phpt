--TEST--
kinds: a killed waiter is in nobody's way
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../../kinds/kinds.php';
of_each(array_diff_key(waits(), ['barrier' => 0]), function (Wait $wait, Shoal\Segment $segment) { // which it breaks
    $wait->hold($segment);
    $victim = start(fn () => $wait->wait($segment));
    $other = start(fn () => exit($wait->wait($segment, 10) ? 0 : 1));
    until_one_waits($wait, $segment, 2);
    end_by($victim);
    $in_time = seconds(function () use ($wait, $segment, $other, &$end) { $wait->free($segment); $end = reap($other); }) < 0.3;
    return same([$end, $in_time, $wait->waiting($segment)], [0, true, 0]);
});
?>
--EXPECT--
all of them
