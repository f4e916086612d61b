--TEST--
access: random operations do what an array does
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
mt_srand(7);
$segment = fresh();
$model = [];
for ($i = 0; $i < 20000; $i++) {
    $name = 'k' . mt_rand(0, 99);
    switch (mt_rand(0, 3)) {
        case 0:
        case 1:
            $segment[$name] = $model[$name] = str_repeat(chr(mt_rand(97, 122)), mt_rand(0, 300) ** 2 >> 4);
            break;
        case 2:
            unset($segment[$name], $model[$name]);
            break;
        default:
            if (($segment[$name] ?? null) !== ($model[$name] ?? null)) {
                exit("differs at step $i\n");
            }
    }
}
$end = iterator_to_array($segment);
ksort($end);
ksort($model);
var_dump($end === $model, count($segment) === count($model), $segment->check());
?>
--EXPECT--
bool(true)
bool(true)
array(0) {
}
