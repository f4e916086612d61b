--TEST--
module: wrong serialized data is refused
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$segment->counter('c');
$name = $segment->name;
$data = fn (string $class, array $fields) => sprintf('O:%d:"%s":', strlen($class), $class) . substr(serialize($fields), 2);
foreach ([
    ['Segment', []], ['Segment', ['segment' => 5]], ['Segment', ['segment' => 'test-not-there']], ['Counter', []],
    ['Counter', ['segment' => $name]], ['Counter', ['segment' => $name, 'name' => 'no']], ['Lock', ['segment' => $name, 'name' => 'c']],
    ['RWLock', ['segment' => $name, 'name' => 'c']], ['Semaphore', ['segment' => $name]], ['Event', ['name' => 'c']], ['Condition', []],
    ['Condition', ['segment' => $name, 'name' => 'c']], ['Barrier', ['segment' => $name, 'name' => 5]],
    ['NdArray', ['segment' => $name, 'name' => 'c']], ['NdArray', []], ['NdArray', ['dtype' => 'int8', 'shape' => [3], 'bytes' => 'xx']],
    ['NdArray', ['dtype' => 'int8', 'shape' => [-1], 'bytes' => '']], ['NdArray', ['dtype' => 'q', 'shape' => [], 'bytes' => '']],
    ['NdArray', ['dtype' => 'int8', 'shape' => ['2'], 'bytes' => 'xx']], ['NdArray', ['dtype' => 'int8', 'shape' => array_fill(0, 40, 1), 'bytes' => 'x']],
] as [$class, $fields]) {
    echo $class, ' ', thrown(fn () => unserialize($data("Shoal\\$class", $fields))), "\n";
}
echo complaint(fn () => $segment->__unserialize(['segment' => $name])), ' ', thrown(fn () => $segment['c']->__unserialize([])), "\n";
?>
--EXPECT--
Segment UnexpectedValueException
Segment UnexpectedValueException
Segment Shoal\NotFound
Counter UnexpectedValueException
Counter UnexpectedValueException
Counter Shoal\NotFound
Lock Shoal\TypeMismatch
RWLock Shoal\TypeMismatch
Semaphore UnexpectedValueException
Event UnexpectedValueException
Condition UnexpectedValueException
Condition Shoal\TypeMismatch
Barrier UnexpectedValueException
NdArray Shoal\TypeMismatch
NdArray UnexpectedValueException
NdArray UnexpectedValueException
NdArray UnexpectedValueException
NdArray UnexpectedValueException
NdArray UnexpectedValueException
NdArray UnexpectedValueException
Error: this Shoal\Segment is in use already Error
