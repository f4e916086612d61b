--TEST--
value: values are read in a fiber of the smallest stack
--EXTENSIONS--
shoal
--INI--
zend.reserved_stack_size=48K
--FILE--
<?php
require __DIR__ . '/../segment.inc';
ini_set('fiber.stack_size', PHP_VERSION_ID < 80300 ? '16K' : '80K'); // from 8.3 on 48K of it are reserved, at least
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
