--TEST--
rwlock: synchronized gives it back after an exception and exit
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$rw = fresh()->rwlock('rw');
foreach (['readSynchronized', 'writeSynchronized'] as $how) {
    var_dump($rw->$how(fn (Shoal\RWLock $held) => [$held === $rw, $held->isReading(), $held->isWriting()]));
    echo complaint(fn () => $rw->$how(fn () => throw new LogicException('mine'))), "\n";
    var_dump($rw->isReading(), $rw->isWriting());
    $child = child(function () use ($rw, $how) {
        register_shutdown_function(fn () => print json_encode([$rw->write(0), $rw->recovered]) . "\n");
        $rw->$how(fn () => exit(3));
    });
    var_dump($child, $rw->write(10), $rw->recovered);
    $rw->unlock();
}
var_dump($rw->writeSynchronized(function ($rw) { $rw->downgrade(); return $rw->isReading(); }), $rw->isReading());
echo complaint(fn () => $rw->readSynchronized(fn ($rw) => $rw->unlock())), "\n";
?>
--EXPECTF--
array(3) {
  [0]=>
  bool(true)
  [1]=>
  bool(true)
  [2]=>
  bool(false)
}
LogicException: mine
bool(false)
bool(false)
[true,false]
int(3)
bool(true)
bool(true)
array(3) {
  [0]=>
  bool(true)
  [1]=>
  bool(false)
  [2]=>
  bool(true)
}
LogicException: mine
bool(false)
bool(false)
[true,false]
int(3)
bool(true)
bool(true)
bool(true)
bool(false)
Shoal\LockError: %s
