--TEST--
counter: var dump shows the value
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$counter = fresh()->counter('visits', 3);
var_dump($counter);
?>
--EXPECTF--
object(Shoal\Counter)#%d (4) {
  ["value"]=>
  int(3)
  ["name"]=>
  string(6) "visits"
  ["readonly"]=>
  bool(false)
  ["waiters"]=>
  array(0) {
  }
}
