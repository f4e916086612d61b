--TEST--
channel: values come out as they went in
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$channel = fresh()->channel("v", bytes: "1K");
foreach ([null, true, -5, 2.5, "Grüße", [1, [2, ["a" => null]]], ["x" => 1, 2 => "y"]] as $value) {
    $channel->send($value) === true && $channel->read()->value === $value || print json_encode($value) . "\n";
}
var_dump($channel->shape, $channel->dtype, $channel->bytes, $channel->read()->array->dtype);
$newest = $channel->newest;
echo thrown(fn () => $channel->send(fn () => 1)), "\n", thrown(fn () => $channel->send(str_repeat("x", 1022))), "\n";
var_dump($channel->newest === $newest);
foreach ([0, 1, 1024] as $size) {
    $channel->write(fn ($frame) => $frame->fill(7), $size);
    var_dump($channel->read()->array->pack() === str_repeat("\7", $size));
}
echo thrown(fn () => $channel->write(fn () => 1, 1025)), "\n", thrown(fn () => $channel->write(fn () => 1, -1)), "\n";
$channel->write(fn ($frame) => $frame->fill(0xc1), 3);
echo thrown(fn () => $channel->read()->value), "\n";
?>
--EXPECT--
NULL
NULL
int(1024)
string(5) "uint8"
TypeError
ValueError
bool(true)
bool(true)
bool(true)
bool(true)
ValueError
ValueError
Shoal\Corrupt
