--TEST--
access: assigning to a live name is a type mismatch
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$segment->counter('c', 5);
$segment->lock('l');
$segment->array('a', [2]);
foreach (['c', 'l', 'a'] as $name) {
    echo thrown(fn () => $segment[$name] = 1), ' ', thrown(fn () => $segment[$name] = 'text'), "\n";
}
$segment['v'] = 1;
echo thrown(fn () => $segment->counter('v')), ' ', thrown(fn () => $segment->lock('v')), ' ';
echo thrown(fn () => $segment->array('v')), ' ', thrown(fn () => $segment->array('c')), ' ';
echo thrown(fn () => $segment->array('v', [1])), ' ', thrown(fn () => $segment->lock('c')), "\n";
var_dump($segment['c']->value, $segment['v']);
?>
--EXPECT--
Shoal\TypeMismatch Shoal\TypeMismatch
Shoal\TypeMismatch Shoal\TypeMismatch
Shoal\TypeMismatch Shoal\TypeMismatch
Shoal\TypeMismatch Shoal\TypeMismatch Shoal\TypeMismatch Shoal\TypeMismatch Shoal\TypeMismatch Shoal\TypeMismatch
int(5)
int(1)
