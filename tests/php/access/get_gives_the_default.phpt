--TEST--
access: get gives the default
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$segment['null'] = null;
var_dump($segment->get('nothing'), $segment->get('nothing', 'default'), $segment->get('null', 'default'));
var_dump($segment->get(name: 'nothing', default: [1]));
?>
--EXPECT--
NULL
string(7) "default"
NULL
array(1) {
  [0]=>
  int(1)
}
