--TEST--
segment: var dump shows facts
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh('1M');
var_dump($segment);
print_r((array) $segment === ['name' => $segment->name, 'size' => 1048576, 'used' => $segment->used, 'readonly' => false, 'closed' => false]);
echo "\n";
$segment->close();
print_r($segment);
?>
--EXPECTF--
object(Shoal\Segment)#%d (5) {
  ["name"]=>
  string(%d) "test-%s"
  ["size"]=>
  int(1048576)
  ["used"]=>
  int(%d)
  ["readonly"]=>
  bool(false)
  ["closed"]=>
  bool(false)
}
1
Shoal\Segment Object
(
    [name] => test-%s
    [size] => 1048576
    [readonly] => 
    [closed] => 1
)
