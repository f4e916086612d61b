--TEST--
channel: a frame that is read cannot be written
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$channel = fresh()->channel("c", [4], "int32");
$channel->send(5);
$frame = $channel->read();
foreach ([
    function () use ($frame) { $frame->array[0] = 1; }, fn () => $frame->array->fill(1), fn () => $frame->array->assign([1, 2, 3, 4]),
    fn () => $frame->array->slice([0, 1])->fill(1), fn () => $frame->array->unpack(str_repeat("\0", 16)),
] as $change) {
    echo thrown($change), "\n";
}
foreach (["number", "time", "missed", "array", "value", "copied"] as $property) {
    $said[] = complaint(function () use ($frame, $property) { $frame->$property = 1; });
}
echo implode("\n", array_unique(array_map(fn ($text) => substr($text, 0, 47), $said))), "\n";
var_dump($frame->array->readonly, $frame->array->toArray() === [5, 5, 5, 5], $frame->value->readonly, thrown(fn () => serialize($frame)), thrown(fn () => clone $frame), thrown(fn () => new Shoal\Frame()));
?>
--EXPECT--
Shoal\ReadOnlyError
Shoal\ReadOnlyError
Shoal\ReadOnlyError
Shoal\ReadOnlyError
Shoal\ReadOnlyError
Error: Cannot modify readonly property Shoal\Fr
bool(true)
bool(true)
bool(false)
string(9) "Exception"
string(5) "Error"
string(5) "Error"
