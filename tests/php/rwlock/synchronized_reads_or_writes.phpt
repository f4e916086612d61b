--TEST--
rwlock: synchronized reads or writes
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$rw = fresh()->rwlock('rw');
foreach (['readSynchronized', 'writeSynchronized'] as $how) {
    echo json_encode([$rw->$how(fn (Shoal\RWLock $held) => [$held->isReading(), $held->isWriting()]), $rw->isReading(), $rw->isWriting()]), "\n";
}
var_dump($rw->writeSynchronized(function ($rw) { $rw->downgrade(); return $rw->isReading(); }), $rw->isReading());
?>
--EXPECT--
[[true,false],false,false]
[[false,true],false,false]
bool(true)
bool(false)
