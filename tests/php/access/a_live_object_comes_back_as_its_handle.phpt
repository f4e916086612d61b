--TEST--
access: a live object comes back as its handle
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$segment->array('a', [2]);
$segment->counter('c');
$segment->condition('n', $segment->lock('l'));
$segment->rwlock('r');
$segment->semaphore('s');
$segment->event('e');
$segment->barrier('b', 2);
foreach (['a', 'c', 'l', 'n', 'r', 's', 'e', 'b'] as $name) {
    echo get_debug_type($segment[$name]), ' ', get_debug_type($segment->get($name)), ' ', $segment[$name]->name, "\n";
}
$segment['c']->add(5);
$segment['a'][1] = 2.0;
var_dump($segment['c']->value, $segment['a'][1], $segment['c'] == $segment->counter('c'), $segment['c'] == $segment['l']);
?>
--EXPECT--
Shoal\NdArray Shoal\NdArray a
Shoal\Counter Shoal\Counter c
Shoal\Lock Shoal\Lock l
Shoal\Condition Shoal\Condition n
Shoal\RWLock Shoal\RWLock r
Shoal\Semaphore Shoal\Semaphore s
Shoal\Event Shoal\Event e
Shoal\Barrier Shoal\Barrier b
int(5)
float(2)
bool(true)
bool(false)
