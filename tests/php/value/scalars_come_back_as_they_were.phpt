--TEST--
value: scalars come back as they were
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
foreach ([null, true, false, 0, 1, -1, 127, 128, -33, 65536, PHP_INT_MAX, PHP_INT_MIN, 0.0, 1.5, -1e308, INF, -INF, 5e-324] as $value) {
    $segment['k'] = $value;
    if ($segment['k'] !== $value) {
        var_dump($value, $segment['k']);
    }
}
$segment['k'] = NAN;
var_dump(is_nan($segment['k']));
$segment['k'] = -0.0;
var_dump($segment['k']);
?>
--EXPECT--
bool(true)
float(-0)
