--TEST--
segment: the name of an object is 1 to 255 bytes of utf 8
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = Shoal\create(null, '1M');
$long = str_repeat('é', 127) . 'x';
$segment[$long] = 1;
var_dump($segment[$long]);
foreach (['', $long . 'x', "a\0b", "\xff"] as $name) {
    echo thrown(fn () => $segment[$name] = 1), ' ', thrown(fn () => $segment->counter($name)), "\n";
}
?>
--EXPECT--
int(1)
ValueError ValueError
ValueError ValueError
ValueError ValueError
ValueError ValueError
