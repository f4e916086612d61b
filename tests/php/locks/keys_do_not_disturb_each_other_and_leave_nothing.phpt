--TEST--
locks: keys do not disturb each other and leave nothing
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$locks = $segment->locks('orders');
$used = $segment->used;
var_dump($locks['17']->acquire(), $locks[18]->acquire(), $locks["\xff\0"]->read(), $locks['17']->acquire(0));
$keys = $locks->keys();
sort($keys);
var_dump(count($locks), $keys === ['17', '18', "\xff\0"], isset($locks['17']), isset($locks['19']), iterator_to_array($locks) == $locks->keys());
var_dump(child(fn () => exit($locks['17']->acquire(0) || !$locks['19']->acquire(0) ? 1 : 0)));
foreach ($locks as $key) {
    if ($key !== '19') {
        $locks[$key]->release();
    }
}
var_dump($locks['19']->acquire(), $locks['19']->recovered, $locks['19']->release(), count($locks), $segment->used === $used);
echo complaint(function () use ($locks) { $locks['17'] = 1; }), "\n";
echo complaint(function () use ($locks) { unset($locks['17']); }), "\n";
echo complaint(fn () => $locks['17']->release()), "\n";
?>
--EXPECT--
bool(true)
bool(true)
bool(true)
bool(false)
int(3)
bool(true)
bool(true)
bool(false)
bool(true)
int(0)
bool(true)
bool(true)
NULL
int(0)
bool(true)
Error: a key of Shoal\Locks is taken with acquire() or read(), and not assigned
Error: a key of Shoal\Locks is given back with release(), and not removed
Shoal\LockError: key "17" of locks "orders" is not held by this process
