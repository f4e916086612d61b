--TEST--
map: add, replace, cas and delete decide once
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$map = fresh()->map('m');
var_dump($map->replace('k', 1), $map->add('k', 1), $map->add('k', 2), $map->replace('k', 2), $map->gets('none'));
['value' => $value, 'token' => $token] = $map->gets('k');
var_dump($value, $map->cas('k', 3, $token), $map->cas('k', 4, $token), $map->delete('k', $token), $map['k']);
var_dump($map->delete('k', $map->gets('k')['token']), $map->delete('k'), $map->pop('k', 'gone'));
$map['k'] = 5;
var_dump($map->pop('k'), isset($map['k']));
?>
--EXPECT--
bool(false)
bool(true)
bool(false)
bool(true)
NULL
int(2)
bool(true)
bool(false)
bool(false)
int(3)
bool(true)
bool(false)
string(4) "gone"
int(5)
bool(false)
