--TEST--
channel: a forked child does not take its parents frames away
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$channel = fresh()->channel("c", [4], "int32", 4);
$channel->send(1);
$frame = $channel->read();
$child = child(function () use ($channel, &$frame) {
    $said = thrown(fn () => $frame->array->toArray());
    $anew = $channel->read()->array->toArray() === [1, 1, 1, 1];
    unset($frame);
    $frame = null;
    exit(in_array($said, ["Shoal\\Closed", "nothing"]) && $anew ? 0 : 1);
});
for ($number = 2; $number < 30; $number++) {
    $channel->send($number) || exit("no slot is free");
}
var_dump($child, $frame->array->toArray() === [1, 1, 1, 1]);
var_dump($channel->write(function ($frame) use ($channel) {
    $frame->fill(7);
    child(fn () => exit($channel->send(9) ? 0 : 1)) === 0 || exit("the child has no slot");
    $pid = pcntl_fork();
    $pid === 0 || reap($pid);
    if ($pid === 0) {
        exit(0);
    }
}), $channel->read()->array[0], $channel->newest);
?>
--EXPECT--
int(0)
bool(true)
bool(true)
int(7)
int(31)
