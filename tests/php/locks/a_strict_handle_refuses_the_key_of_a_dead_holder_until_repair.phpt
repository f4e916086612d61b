--TEST--
locks: a strict handle refuses the key of a dead holder until repair
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$locks = $segment->locks('strict', strict: true);
killed_after(fn () => $locks['k']->acquire());
var_dump(count($locks), $locks['k']->isLocked());
echo thrown(fn () => $locks['k']->acquire()), "\n";
$locks['k']->repair();
var_dump($locks['k']->acquire(), $locks['k']->recovered, $locks['k']->release(), count($locks));
?>
--EXPECT--
int(1)
bool(false)
Shoal\OwnerDied
bool(true)
bool(false)
NULL
int(0)
