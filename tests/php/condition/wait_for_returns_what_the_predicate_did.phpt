--TEST--
condition: wait for returns what the predicate did
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$lock = $segment->lock('l');
$condition = $segment->condition('c', $lock);
$segment['text'] = '';
$waiter = start(fn () => exit($lock->synchronized(fn () => $condition->waitFor(fn () => $segment['text'], 10)) === 'done' ? 0 : 1));
until_waiting($condition);
$lock->synchronized(fn () => $condition->notifyAll());           // nothing has changed: it goes on waiting
var_dump(until(fn () => count($condition->waiters) === 1));
$lock->synchronized(function () use ($segment, $condition) {
    $segment['text'] = 'done';
    $condition->notify();
});
var_dump(reap($waiter));
$lock->acquire();
$asked = 0;
var_dump($condition->waitFor(function () use (&$asked) { $asked++; return 0; }, 0.05), $asked, $lock->isLocked());
echo complaint(fn () => $condition->waitFor(fn () => throw new LogicException('mine'))), "\n";
$x = 1;
var_dump($condition->waitFor(function &() use (&$x) { return $x; }), $lock->isLocked());
?>
--EXPECT--
bool(true)
int(0)
int(0)
int(2)
bool(true)
LogicException: mine
int(1)
bool(true)
