--TEST--
segment: check of a sound segment is empty
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
for ($i = 0; $i < 200; $i++) {
    $segment["value $i"] = str_repeat('x', $i * 50);
}
$segment->array('a', [10, 10]);
$segment->lock('l');
var_dump($segment->check(), Shoal\open($segment->name, readonly: true)->check());
?>
--EXPECT--
array(0) {
}
array(0) {
}
