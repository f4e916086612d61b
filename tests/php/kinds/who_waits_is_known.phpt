--TEST--
kinds: who waits is known
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../../kinds/kinds.php';
of_each(waits(), function (Wait $wait, Shoal\Segment $segment) {
    $wait->hold($segment);
    $waiters = [start(fn () => $wait->wait($segment)), start(fn () => $segment['x'] instanceof Shoal\Barrier ? sleep(60) : $wait->wait($segment))];
    until_one_waits($wait, $segment, $segment['x'] instanceof Shoal\Barrier ? 1 : 2);
    $told = $segment['x']->waiters ?? $segment['x']->holders;
    $pids = array_column($told, 'pid');
    sort($pids);
    $facts = [array_keys($told[0]), $told[0]['alive'], $told[0]['program'] === trim(file_get_contents('/proc/self/comm'))];
    array_map('end_by', $waiters);
    return same([array_diff($pids, $waiters), ...$facts, $wait->waiting($segment)], [[], ['pid', 'thread', 'since', 'program', 'alive', 'count'], true, true, 0]);
});
?>
--EXPECT--
all of them
