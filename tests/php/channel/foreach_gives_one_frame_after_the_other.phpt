--TEST--
channel: foreach gives one frame after the other
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$channel = fresh()->channel("c", [1], "int32", 8, 3);
$channel->send(1);
foreach ($channel as $number => $frame) {
    $seen[] = [$number, $frame->number, $frame->missed, $frame->array[0]];
    if ($number >= 7) {
        break;
    }
    for ($i = 0; $i < $number; $i++) {
        $channel->send($channel->newest + 1);
    }
}
echo json_encode($seen), " $channel->missed\n";
$writer = start(function () use ($channel) {
    for ($i = 0; $i < 50; $i++) {
        $channel->send($channel->newest + 1);
        usleep(500);
    }
});
$last = $channel->newest;
foreach ($channel as $frame) {
    $frame->array[0] === $frame->number && $frame->number >= $last || exit("out of order");
    $last = $frame->number;
    if ($last >= 60) {
        break;
    }
}
$end = reap($writer);
$iterator = $channel->getIterator();
$iterator->rewind();
var_dump($end, $iterator->key() === $channel->newest, $iterator->current()->number === $channel->newest, $iterator->valid(), complaint(function () use ($channel) { foreach ($channel as &$frame); }));
?>
--EXPECT--
[[1,1,0,1],[2,2,0,2],[3,3,0,3],[5,5,1,5],[10,10,4,10]] 5
int(0)
bool(true)
bool(true)
bool(true)
string(59) "Error: An iterator cannot be used with foreach by reference"
