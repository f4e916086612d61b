--TEST--
stream: a message above the limit is a ValueError that says the sizes
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$stream = $segment->stream('s', 4096);
echo complaint(fn () => $stream->send(str_repeat('x', 5000))), "\n";
echo complaint(fn () => $stream->send([str_repeat('x', 1500), str_repeat('y', 1500)])), "\n";
echo complaint(fn () => $stream->send(['a' => [new stdClass()]])), "\n";
var_dump($stream->newest, $stream->limit, $stream->send(str_repeat('x', 2037)), strlen($stream->read(0)), $segment->check());
?>
--EXPECTF--
ValueError: stream "s": the value takes more than the limit of one message, 2040 bytes: half of its capacity of 4096 bytes
ValueError: stream "s": the value takes more than the limit of one message, 2040 bytes: half of its capacity of 4096 bytes
TypeError: ["a"][0]: stdClass cannot be stored in a segment: store get_object_vars($value)
int(0)
int(2040)
int(1)
int(2037)
array(0) {
}
