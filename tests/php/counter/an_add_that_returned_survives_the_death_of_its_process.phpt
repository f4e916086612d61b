--TEST--
counter: an add that returned survives the death of its process
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$counter = $segment->counter('c');
for ($i = 0; $i < 20; $i++) {
    killed_after(fn () => $counter->add());
}
var_dump($counter->value, $segment->check());
?>
--EXPECT--
int(20)
array(0) {
}
