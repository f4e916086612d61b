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
$segment->lock('l');
foreach (['a', 'c', 'l'] as $name) {
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
int(5)
float(2)
bool(true)
bool(false)
