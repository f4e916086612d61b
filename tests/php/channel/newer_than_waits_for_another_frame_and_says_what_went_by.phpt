--TEST--
channel: newer than waits for another frame and says what went by
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$channel = fresh()->channel("c", [1], "int32");
$channel->send(1);
var_dump($channel->read(1, 0), $channel->read(1, 0.02));
$reader = start(function () use ($channel) {
    $frame = $channel->read(1);
    exit($frame->number === 2 && $frame->missed === 0 && $frame->array[0] === 2 ? 0 : 1);
});
until_waiting($channel);
$channel->send(2);
var_dump(reap($reader));
for ($number = 3; $number < 8; $number++) {
    $channel->send($number);
}
$frame = $channel->read(2);
var_dump($frame->number, $frame->missed, $channel->missed, $channel->read()->missed, $channel->read(7, 0), $channel->missed);
?>
--EXPECT--
NULL
NULL
int(0)
int(7)
int(4)
int(4)
int(0)
NULL
int(4)
