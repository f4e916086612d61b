--TEST--
barrier: a party that dies on its way to it breaks it
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$barrier = $segment->barrier('b', 2);
$met = $segment->counter('met');
$victim = start(fn () => $barrier->wait(10) >= 0 && $met->add() && sleep(60));
var_dump($barrier->wait(10) >= 0, $met->wait(0, 5));
signal_soon('KILL', $victim);
$start = hrtime(true);
$complaint = complaint(fn () => $barrier->wait(10));
var_dump(str_contains($complaint, "(pid $victim) died"), (hrtime(true) - $start) / 1e9 < 0.5, reap($victim));
?>
--EXPECT--
bool(true)
bool(true)
bool(true)
bool(true)
int(-9)
