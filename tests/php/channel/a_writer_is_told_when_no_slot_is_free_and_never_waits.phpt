--TEST--
channel: a writer is told when no slot is free and never waits
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$channel = fresh()->channel("c", [4], "int32", 4);
for ($number = 1; $number < 5; $number++) {
    $channel->send($number);
    $kept[] = $channel->read();
}
var_dump($channel->write(fn () => exit("called")), $channel->send(5), $channel->dropped, $channel->newest, array_map(fn ($frame) => $frame->array[0], $kept) === [1, 2, 3, 4]);
array_shift($kept);
var_dump($channel->send(5), $channel->read()->array[0], $channel->dropped);
?>
--EXPECT--
bool(false)
bool(false)
int(2)
int(4)
bool(true)
bool(true)
int(5)
int(2)
