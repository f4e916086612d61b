--TEST--
segment: what is held or waited for is not unset
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
[$lock, $rw, $semaphore, $barrier] = [$segment->lock('l'), $segment->rwlock('rw'), $segment->semaphore('s', 2), $segment->barrier('b', 2)];
$lock->acquire();
$rw->read();
$semaphore->acquire();
foreach (['l', 'rw', 's'] as $name) {
    try {
        unset($segment[$name]);
    } catch (Shoal\LockError $error) {
        echo preg_replace('/segment "[^"]*"|\((pid|thread) \d+.*?\)/', '...', $error->getMessage()), "\n";
    }
    var_dump(isset($segment[$name]), child(fn () => exit(thrown(function () use ($segment, $name) { unset($segment[$name]); }) === 'Shoal\LockError' ? 0 : 1)));
}
$party = start(fn () => exit($barrier->wait(20) >= 0 ? 0 : 1));
until(fn () => $barrier->waiting === 1);
var_dump(thrown(function () use ($segment) { unset($segment['b']); }), $barrier->wait(20) >= 0, reap($party));
$lock->release();
$rw->unlock();
$semaphore->release();
unset($segment['l'], $segment['rw'], $segment['s'], $segment['b']);
var_dump(count($segment), $segment->lock('l')->acquire(0), $lock->acquire(0), $lock->recovered);
?>
--EXPECTF--
"l" in ... is not removed: %s ... holds it; what somebody holds or waits for keeps its name
bool(true)
int(0)
"rw" in ... is not removed: %s ... holds or waits for it; what somebody holds or waits for keeps its name
bool(true)
int(0)
"s" in ... is not removed: %s ... holds a permit of it; what somebody holds or waits for keeps its name
bool(true)
int(0)
string(15) "Shoal\LockError"
bool(true)
int(0)
int(0)
bool(true)
bool(true)
bool(false)
