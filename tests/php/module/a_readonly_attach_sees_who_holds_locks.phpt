--TEST--
module: a readonly attach sees who holds locks
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
