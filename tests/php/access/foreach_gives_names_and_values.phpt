--TEST--
access: foreach gives names and values
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$segment['a'] = [1, 2];
$segment['5'] = 'five';
$segment->counter('c', 3);
$found = [];
foreach ($segment as $name => $value) {
    $found["$name"] = $value instanceof Shoal\Counter ? $value->value : $value;
    var_dump(is_string($name));
}
ksort($found, SORT_STRING);
echo json_encode($found), "\n";
$names = array_keys(iterator_to_array($segment->getIterator()));
sort($names, SORT_STRING);
echo json_encode($names), ' ', get_debug_type($segment->getIterator()), "\n";
?>
--EXPECT--
bool(true)
bool(true)
bool(true)
{"5":"five","a":[1,2],"c":3}
[5,"a","c"] InternalIterator
