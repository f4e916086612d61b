--TEST--
rwlock: readers and the writer are seen
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$rw = $segment->rwlock('rw');
var_dump($rw->owner, $rw->readers, $rw->waiters, $rw->name);
$rw->write();
$waiter = start(fn () => $rw->read());
until_waiting($rw);
var_dump($rw->owner['pid'] === getmypid(), $rw->owner['alive'], $rw->readers, $rw->waiters[0]['pid'] === $waiter, count($rw->waiters));
$rw->unlock();
var_dump(reap($waiter), $rw->waiters);
$reader = holder(fn () => $rw->read());
$rw->read();
$pids = array_column($rw->readers, 'pid');
sort($pids);
var_dump($rw->owner, $pids === [getmypid(), $reader], array_keys($rw->readers[0]) === ['pid', 'thread', 'since', 'program', 'alive', 'count']);
echo json_encode(array_diff_key((array) $rw, ['readers' => 0])), "\n";
end_by($reader);
?>
--EXPECT--
NULL
array(0) {
}
array(0) {
}
string(2) "rw"
bool(true)
bool(true)
array(0) {
}
bool(true)
int(1)
int(0)
array(0) {
}
NULL
bool(true)
bool(true)
{"name":"rw","recovered":false,"owner":null,"waiters":[]}
