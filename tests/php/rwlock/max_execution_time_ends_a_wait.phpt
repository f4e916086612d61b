--TEST--
rwlock: max execution time ends a wait
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$rw = $segment->rwlock('rw');
$rw->write();
foreach (['read', 'write'] as $how) {
    echo one_second($segment, 'register_shutdown_function(fn () => print json_encode([$s["rw"]->isReading(), $s["rw"]->isWriting(), $s["rw"]->waiters])); $s["rw"]->' . $how . '();'), "\n";
}
$rw->unlock();
var_dump($rw->waiters, $rw->write(0), $rw->recovered);
?>
--EXPECTF--
%AFatal error: Maximum execution time of 1 second exceeded in Command line code on line 1
[false,false,[]]
255
%AFatal error: Maximum execution time of 1 second exceeded in Command line code on line 1
[false,false,[]]
255
array(0) {
}
bool(true)
bool(false)
