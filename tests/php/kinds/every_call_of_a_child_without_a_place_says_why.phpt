--TEST--
kinds: every call of a child without a place says why
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
require __DIR__ . '/../../kinds/kinds.php';
$segment = fresh('512K');
$handles = array_map(fn ($kind) => $kind->make($segment, spl_object_id($kind) . ''), live());
while (count($segment->info()['peers']) < $segment->info()['peer_limit']) { // each takes a place from its fork on
    $kids[] = start(fn () => sleep(60));
}
of_each(live(), fn (Kind $kind, $own, string $name) => same([child(function () use ($kind, $handles, $name) {
    foreach ([...$kind->looks, ...$kind->changes] as $number => $call) {
        $told = complaint(fn () => $call($handles[$name]));
        if (!str_contains($told, 'Shoal\Closed') || !str_contains($told, 'forked without it') || !str_contains($told, 'has all of its')) {
            echo "$name, call $number: $told\n";
        }
    }
})], [0]));
array_map('end_by', $kids);
?>
--EXPECT--
all of them
