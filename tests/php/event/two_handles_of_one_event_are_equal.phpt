--TEST--
event: two handles of one event are equal
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
var_dump($segment->event('e') == $segment['e'], $segment->event('e') == $segment->event('f'), $segment->event('e') == $segment->rwlock('r'));
var_dump(thrown(fn () => $segment->event('r')), thrown(fn () => $segment['e'] = 5), thrown(fn () => $segment->rwlock('e')), thrown(fn () => $segment->semaphore('e')), thrown(fn () => $segment->barrier('e', 1)), thrown(fn () => $segment->event('')));
?>
--EXPECT--
bool(true)
bool(false)
bool(false)
string(18) "Shoal\TypeMismatch"
string(18) "Shoal\TypeMismatch"
string(18) "Shoal\TypeMismatch"
string(18) "Shoal\TypeMismatch"
string(18) "Shoal\TypeMismatch"
string(10) "ValueError"
