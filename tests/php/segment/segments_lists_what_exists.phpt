--TEST--
segment: segments lists what exists
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh('3M');
$segment['k'] = 1;
$mine = array_values(array_filter(Shoal\segments(), fn ($each) => $each['name'] === $segment->name));
echo count($mine), ' ', implode(' ', array_keys($mine[0])), "\n";
var_dump($mine[0]['size'], $mine[0]['used'] > 0, $mine[0]['peers'], $mine[0]['lifetime'], $mine[0]['age'] < 60);
?>
--EXPECT--
1 name size used committed peers owner mode lifetime created age
int(3145728)
bool(true)
int(1)
string(10) "persistent"
bool(true)
