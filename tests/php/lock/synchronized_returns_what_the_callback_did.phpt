--TEST--
lock: synchronized returns what the callback did
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$lock = $segment->lock('l');
var_dump($lock->synchronized(fn (Shoal\Lock $held) => [$held === $lock, $held->isLocked()]), $lock->isLocked());
var_dump($lock->synchronized('strtoupper' === 'x' ?: fn () => null));
class Job { public function run($held) { return $held->name; } }
var_dump($lock->synchronized([new Job, 'run']), thrown(fn () => $lock->synchronized('no such function')));
$x = 1;
$lock->synchronized(function () use (&$x) { $x++; });
var_dump($x, $lock->synchronized(function &() use (&$x) { return $x; }));
?>
--EXPECT--
array(2) {
  [0]=>
  bool(true)
  [1]=>
  bool(true)
}
bool(false)
NULL
string(1) "l"
string(9) "TypeError"
int(2)
int(2)
