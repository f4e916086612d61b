--TEST--
locks: a key is shared and there is no upgrade
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$key = fresh()->locks('orders')['k'];
var_dump($key->read(), $key->read(0), $key->sharing, $key->owner, $key->acquire(0));
echo complaint(fn () => $key->acquire(1)), "\n";
$key->release();
$key->release();
echo complaint(fn () => $key->release()), "\n";
var_dump($key->synchronized(fn (Shoal\KeyLock $held) => [$held === $key, $held->owner['pid'] === getmypid(), $held->waiting]));
$key->acquire();
echo complaint(fn () => $key->read()), "\n";
echo complaint(fn () => $key->acquire()), "\n";
?>
--EXPECT--
bool(true)
bool(true)
int(1)
NULL
bool(false)
Shoal\LockError: key "k" of locks "orders": this thread shares it already: there is no upgrade, since two upgrades would wait for each other; release it first
Shoal\LockError: key "k" of locks "orders" is not held by this process
array(3) {
  [0]=>
  bool(true)
  [1]=>
  bool(true)
  [2]=>
  int(0)
}
Shoal\LockError: key "k" of locks "orders": this thread holds it alone already: release() it first
Shoal\LockError: key "k" of locks "orders" is held by this thread already, and it is not reentrant
