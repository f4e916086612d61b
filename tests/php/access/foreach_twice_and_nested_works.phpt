--TEST--
access: foreach twice and nested works
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$segment['a'] = 1;
$segment['b'] = 2;
$sum = 0;
foreach ($segment as $one) {
    foreach ($segment as $other) {
        $sum += $one * $other;
    }
}
var_dump($sum);
$iterator = $segment->getIterator();
var_dump(iterator_count($iterator), array_sum(iterator_to_array($iterator)));
var_dump(thrown(function () use ($segment) { foreach ($segment as &$value); }));
?>
--EXPECT--
int(9)
int(2)
int(3)
string(5) "Error"
