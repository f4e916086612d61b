--TEST--
segment: info tells who holds a lock and who waits
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$lock = $segment->lock('5');
$segment->condition('c', $lock);
$segment->event('e');
$segment->barrier('b', 2);
$segment->counter('no lock');
$rw = $segment->rwlock('rw');
$semaphore = $segment->semaphore('s', 3);
var_dump($lock->acquire(), $rw->read(), $semaphore->acquire(), $semaphore->acquire());
$waiter = start(fn () => $lock->acquire());
until_waiting($lock);
$locks = array_column($segment->info()['locks'], null, 'name');
ksort($locks, SORT_STRING);
foreach ($locks as $name => $facts) {
    $holders = array_map(fn ($holder) => ($holder['pid'] === getmypid() ? 'I' : '?') . ' ' . $holder['count'], $facts['holders']);
    $waiters = array_map(fn ($each) => $each['pid'] === $waiter, $facts['waiters']);
    echo $facts['name'], ' ', $facts['kind'], ' ', json_encode([$holders, $waiters]), "\n";
}
end_by($waiter);
?>
--EXPECT--
bool(true)
bool(true)
bool(true)
bool(true)
5 Lock [["I 1"],[true]]
b Barrier [[],[]]
c Condition [[],[]]
e Event [[],[]]
rw RWLock [["I 1"],[]]
s Semaphore [["I 2"],[]]
