--TEST--
locks: release_all() gives up the keys that the request holds
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$locks = fresh()->locks('orders');
$locks['a']->acquire();
$locks['b']->read();
var_dump(Shoal\release_all());
var_dump(child(fn () => exit($locks['a']->acquire(0) && $locks['a']->recovered && $locks['b']->acquire(0) && !$locks['b']->recovered ? 0 : 1)));
?>
--EXPECT--
int(1)
int(0)
