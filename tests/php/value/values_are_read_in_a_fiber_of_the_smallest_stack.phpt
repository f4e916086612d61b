--TEST--
value: values are read in a fiber of the smallest stack
--EXTENSIONS--
shoal
--INI--
fiber.stack_size=16K
zend.max_allowed_stack_size=-1
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$wide = ['k' => [1, 2.5, 'text', ['k' => str_repeat('x', 3000)]], 't' => array_fill(0, 9, 'y')];
for ($deep = [1], $i = 0; $i < 510; $i++) {
    $deep = [$deep];
}
$segment['wide'] = $wide;
$segment['deep'] = $deep;
$fiber = new Fiber(function () use ($segment, $wide) {
    $segment['new'] = $wide;
    return [$segment['wide'], $segment['deep'], $segment['new']];
});
$fiber->start();
var_dump($fiber->getReturn() === [$wide, $deep, $wide]);
?>
--EXPECT--
bool(true)
