--TEST--
barrier: a process that closes its handle is no party any more
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$met = $segment->counter('met');
$name = $segment->name;
$party = fn (callable $after) => start(function () use ($name, $met, $after) {
    $barrier = Shoal\open($name)->barrier('b', 2);
    $barrier->wait(10);
    unset($barrier);
    $met->add();
    $after();
});
$first = $party(fn () => sleep(60));
$second = $party(fn () => null);
var_dump(until(fn () => $met->value === 2), end_by($first), reap($second));
$barrier = $segment->barrier('b', 2);
$third = start(fn () => exit($barrier->wait(10)));
var_dump($barrier->wait(10) + reap($third), $barrier->broken);
?>
--EXPECT--
bool(true)
int(-9)
int(0)
int(1)
bool(false)
