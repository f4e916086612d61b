--TEST--
module: a readonly attach sees locks and cannot take them
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$lock = $segment->lock('l');
$lock->acquire();
$segment->condition('c', $lock);
$segment->rwlock('rw')->read();
$segment->semaphore('s', 3)->acquire();
$segment->event('e');
$segment->barrier('b', 2);
$reader = Shoal\open($segment->name, readonly: true);
var_dump($reader['l']->owner['pid'] === getmypid(), $reader['rw']->readers[0]['pid'] === getmypid(), $reader['s']->value, $reader['s']->holders[0]['pid'] === getmypid());
var_dump($reader['c']->lock->name, $reader['c']->waiters, $reader['b']->parties, $reader['b']->broken, $reader['e']->isSet(), count($reader->info()['locks']));
foreach ([
    fn () => $reader['l']->acquire(), fn () => $reader['rw']->read(), fn () => $reader['rw']->write(0), fn () => $reader['rw']->unlock(), fn () => $reader['s']->acquire(1),
    fn () => $reader['s']->release(), fn () => $reader['c']->wait(), fn () => $reader['c']->notify(), fn () => $reader['b']->wait(0), fn () => $reader['b']->abort(),
    fn () => $reader['b']->reset(), fn () => $reader['e']->set(), fn () => $reader->rwlock('new'), fn () => $reader['rw']->writeSynchronized(fn () => print "called\n"),
] as $do) {
    $complaint = thrown($do);
    $complaint === 'Shoal\ReadOnlyError' || print "$complaint\n";
}
var_dump($reader['b']->broken, $reader['s']->value, isset($reader['new']), $lock->isLocked());
?>
--EXPECT--
bool(true)
bool(true)
int(2)
bool(true)
string(1) "l"
array(0) {
}
int(2)
bool(false)
bool(false)
int(6)
bool(false)
int(2)
bool(false)
bool(true)
