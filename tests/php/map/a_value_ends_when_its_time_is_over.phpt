--TEST--
map: a value ends when its time is over
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$map = fresh()->map('m', '1M', 0.1);
$map['a'] = 1;
$map->set('b', 2, INF);
$map->set('c', 3, 100);
var_dump($map->defaultTtl, $map->ttl('a') > 0 && $map->ttl('a') < 0.3, $map->ttl('b'), $map->ttl('c') > 99);
until(fn () => !$map->has('a'));
var_dump($map['a'], $map->ttl('a'), $map->touch('a'), $map->touch('c', INF), $map->ttl('c'), $map['b']);
var_dump($map->getOrSet('a', fn () => 'new', 50), $map->ttl('a') > 49);
?>
--EXPECT--
float(0.1)
bool(true)
float(INF)
bool(true)
NULL
NULL
bool(false)
bool(true)
float(INF)
int(2)
string(3) "new"
bool(true)
