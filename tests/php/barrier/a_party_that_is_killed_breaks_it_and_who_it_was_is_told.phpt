--TEST--
barrier: a party that is killed breaks it and who it was is told
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$barrier = $segment->barrier('b', 3);
$victim = start(fn () => $barrier->wait());
$kill = killer($victim);
$other = start(function () use ($barrier, $victim) {
    $complaint = complaint(fn () => $barrier->wait(10));
    exit(str_starts_with($complaint, 'Shoal\BrokenBarrier') && str_contains($complaint, (string) $victim) ? 0 : print $complaint);
});
until(fn () => $barrier->waiting === 2);
var_dump(seconds(function () use ($kill, $other) { $kill(); var_dump(reap($other)); }) < 0.3, $barrier->broken);
reap($victim);
?>
--EXPECT--
int(0)
bool(true)
bool(true)
