--TEST--
value: nesting goes 512 deep
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$nested = function (int $depth) {
    for ($value = 'leaf'; $depth-- > 0;) {
        $value = $depth % 2 ? [$value] : ['k' => $value];
    }
    return $value;
};
foreach ([1, 100, 512] as $depth) {
    $segment['k'] = $nested($depth);
    var_dump($segment['k'] === $nested($depth));
}
echo complaint(fn () => $segment['k'] = $nested(513)), "\n";
var_dump($segment['k'] === $nested(512));
?>
--EXPECT--
bool(true)
bool(true)
bool(true)
ValueError: arrays nested deeper than 512 cannot be stored in a segment
bool(true)
