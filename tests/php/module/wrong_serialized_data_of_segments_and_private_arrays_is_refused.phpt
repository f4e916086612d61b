--TEST--
module: wrong serialized data of segments and private arrays is refused
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$name = $segment->name;
$data = fn (string $class, array $fields) => sprintf('O:%d:"%s":', strlen($class), $class) . substr(serialize($fields), 2);
foreach ([
    ['Segment', []], ['Segment', ['segment' => 5]], ['Segment', ['segment' => 'test-not-there']],
    ['NdArray', ['dtype' => 'int8', 'shape' => [3], 'bytes' => 'xx']],
    ['NdArray', ['dtype' => 'int8', 'shape' => [-1], 'bytes' => '']], ['NdArray', ['dtype' => 'q', 'shape' => [], 'bytes' => '']],
    ['NdArray', ['dtype' => 'int8', 'shape' => ['2'], 'bytes' => 'xx']], ['NdArray', ['dtype' => 'int8', 'shape' => array_fill(0, 40, 1), 'bytes' => 'x']],
] as [$class, $fields]) {
    echo $class, ' ', thrown(fn () => unserialize($data("Shoal\\$class", $fields))), "\n";
}
echo complaint(fn () => $segment->__unserialize(['segment' => $name])), "\n";
?>
--EXPECT--
Segment UnexpectedValueException
Segment UnexpectedValueException
Segment Shoal\NotFound
NdArray UnexpectedValueException
NdArray UnexpectedValueException
NdArray UnexpectedValueException
NdArray UnexpectedValueException
NdArray UnexpectedValueException
Error: this Shoal\Segment was made already: only a new object can be unserialized
