--TEST--
map: many keys at once, tags, and prefixes
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$map = fresh()->map('m');
$map->setMany(['a' => 1, 'b' => [2], 7 => 'seven'], 50);
echo json_encode([$map->getMany(['a', 'b', 7, 'c']), $map->getMany(['a', 'c'], false)]), "\n";
var_dump($map->ttl('a') > 49 && $map->ttl('a') < 50.2, $map->deleteMany(['a', 'c', 7]), count($map));
$map->set('news 1', 1, tags: ['news']);
$map->add('news 2', 2, null, ['news', 'old']);
$map->invalidate('news');
var_dump($map->has('news 1'), $map->has('news 2'), $map['b']);
for ($i = 0; $i < 50; $i++) {
    $map["user:$i"] = $i;
}
$map->clear('user:');
var_dump(array_keys(iterator_to_array($map)));
?>
--EXPECT--
[{"a":1,"b":[2],"7":"seven"},{"a":1,"c":false}]
bool(true)
int(2)
int(1)
bool(false)
bool(false)
array(1) {
  [0]=>
  int(2)
}
array(1) {
  [0]=>
  string(1) "b"
}
