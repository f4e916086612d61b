--TEST--
map: it is used as an array
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$map = fresh()->map('m');
$map['a'] = ['x' => [1, null, 'text']];
$map[5] = 'five';
$map["\xff\0"] = null;
var_dump($map['a'] === ['x' => [1, null, 'text']], $map['5'], $map['none'], count($map));
var_dump(isset($map['a']), isset($map["\xff\0"]), $map->has("\xff\0"), $map->get('none', 7), $map->get("\xff\0", 7));
foreach ($map as $key => $value) {
    $seen[bin2hex($key)] = $value;
}
ksort($seen);
echo json_encode($seen), "\n";
unset($map['a'], $map['none']);
var_dump(isset($map['a']), count($map));
$map->clear();
var_dump(count($map), iterator_to_array($map));
?>
--EXPECT--
bool(true)
string(4) "five"
NULL
int(3)
bool(true)
bool(false)
bool(true)
int(7)
NULL
{"35":"five","61":{"x":[1,null,"text"]},"ff00":null}
bool(false)
int(2)
int(0)
array(0) {
}
