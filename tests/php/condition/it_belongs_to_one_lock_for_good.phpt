--TEST--
condition: it belongs to one lock for good
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$lock = $segment->lock('l', strict: true);
$condition = $segment->condition('c', $lock);
var_dump(thrown(fn () => $segment->condition('c', $segment->lock('other'))), $segment->condition('c', $segment->lock('l')) == $condition, $segment['c']->lock == $segment['l'], $segment['c']->lock->name);
var_dump(unserialize(serialize($condition))->lock->strict, $segment['c']->lock->strict);
var_dump(thrown(fn () => $segment->condition('c2', fresh()->lock('l'))), thrown(fn () => $segment->condition('l', $lock)), thrown(fn () => $segment->condition('c3', $segment->counter('n'))));
unset($segment['l']);
var_dump(thrown(fn () => $segment['c']), $condition->lock->acquire(0), $condition->wait(0));
$segment->lock('l');
var_dump(thrown(fn () => $segment['c']), thrown(fn () => $segment->condition('c', $segment['l'])), thrown(fn () => unserialize(serialize($condition))));
?>
--EXPECTF--
string(18) "Shoal\TypeMismatch"
bool(true)
bool(true)
string(1) "l"
bool(true)
bool(false)
string(18) "Shoal\TypeMismatch"
string(18) "Shoal\TypeMismatch"
string(9) "TypeError"
string(%d) "Shoal\%s"
bool(true)
bool(false)
string(18) "Shoal\TypeMismatch"
string(18) "Shoal\TypeMismatch"
string(18) "Shoal\TypeMismatch"
