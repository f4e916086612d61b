--TEST--
map: integers are added to, and never wrap
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$map = $segment->map('m');
var_dump($map->increment('n'), $map->increment('n', 5), $map->decrement('n', 10), $map['n'], $map->increment('m', 2, 10, 50), $map->ttl('m') < 50.2);
$map['big'] = PHP_INT_MAX;
$map['text'] = '7';
var_dump(thrown(fn () => $map->increment('big')), $map['big'] === PHP_INT_MAX, thrown(fn () => $map->increment('text')));
$children = [];
for ($i = 0; $i < 4; $i++) {
    $children[] = start(function () use ($map) {
        for ($j = 0; $j < 5000; $j++) {
            $map->increment('all');
        }
    });
}
array_map('reap', $children);
var_dump($map['all'], $segment->check());
?>
--EXPECT--
int(1)
int(6)
int(-4)
int(-4)
int(12)
bool(true)
string(15) "ArithmeticError"
bool(true)
string(9) "TypeError"
int(20000)
array(0) {
}
