--TEST--
kinds: info counts it and lists locks
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../../kinds/kinds.php';
$segment = fresh();
foreach (kinds() as $name => $kind) {
    $kind->make($segment, $name);
}
$locks = array_column($segment->info()['locks'], null, 'name');
var_dump($segment->info()['objects'] === count(kinds()) + 1, isset($locks['the lock']), isset($locks['value']), isset($locks['ndarray']), isset($locks['counter']));
of_each(array_filter(live(), fn ($kind) => $kind->listed), fn (Kind $kind, $own, string $name) => same(
    [$locks[$name]['kind'], $locks[$name]['holders'], $locks[$name]['waiters']], [substr($kind->class, strlen('Shoal\\')), [], []],
));
?>
--EXPECT--
bool(true)
bool(true)
bool(false)
bool(false)
bool(false)
all of them
