--TEST--
channel: others go on when processes are killed at random
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$channel = $segment->channel("c", [64], "int32", 8);
$channel->send(0);
echo storm($segment, function () use ($channel) {
    static $kept = [];
    if (mt_rand(0, 1)) {
        $channel->write(fn ($frame) => $frame->fill(getmypid()));
        return;
    }
    $kept = [...array_slice($kept, -1), $channel->read()];
    foreach ($kept as $frame) {
        count(array_unique($frame->array->toArray())) === 1 || die_now();
    }
}), "\n";
var_dump($channel->send(5), $channel->read()->array[63]);
?>
--EXPECT--
[]
bool(true)
int(5)
