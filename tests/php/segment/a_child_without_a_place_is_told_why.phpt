--TEST--
segment: a child without a place is told why
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh('512K');
$kids = [];
while (count($segment->info()['peers']) < $segment->info()['peer_limit']) { // each takes a place from its fork on
    $kids[] = start(fn () => sleep(60));
}
$counter = $segment->counter('c');
$array = $segment->array('a', [10], 'u1');
$segment['v'] = 1;
$looks = [
    fn () => $counter->add(),
    fn () => $segment['v'], fn () => $segment['v'] = 2, fn () => iterator_to_array($segment), fn () => count($segment), fn () => $segment->info(), fn () => $segment->check(),
];
var_dump(child(function () use ($looks) {
    foreach ($looks as $number => $look) {
        $told = complaint($look);
        if (!str_contains($told, 'Shoal\Closed') || !str_contains($told, 'forked without it') || !str_contains($told, 'has all of its')) {
            echo "$number: $told\n";
        }
    }
}));
var_dump(child(fn () => exit(str_contains(complaint(fn () => $array[0]), 'forked without it') ? 7 : 8)) === 7);
$segment['v'] = 3; // and the parent goes on
foreach ($kids as $kid) {
    end_by($kid);
}
var_dump(child(fn () => exit($counter->add())), $counter->value, $segment['v'], $segment->check());
?>
--EXPECT--
int(0)
bool(true)
int(1)
int(1)
int(3)
array(0) {
}
