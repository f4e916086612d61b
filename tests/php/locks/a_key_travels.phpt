--TEST--
locks: a key travels
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$locks = fresh()->locks('orders', strict: true);
$other = unserialize(serialize($locks["\xff\0"]));
var_dump($other->key === "\xff\0", $other->locks == $locks, $other->locks->strict, $other->acquire(), isset($locks["\xff\0"]));
echo complaint(fn () => unserialize(str_replace('"key"', '"kez"', serialize($locks['17'])))), "\n";
?>
--EXPECT--
bool(true)
bool(true)
bool(true)
bool(true)
bool(true)
Error: this is no serialized Shoal\KeyLock: it has no key
