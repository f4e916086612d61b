--TEST--
channel: a frame stays as it is while it lives
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$channel = $segment->channel("c", [1000], "int32", 4);
$channel->send(1);
$frame = $channel->read();
$kept = [$frame, $frame->array, $frame->array->slice([10, 20])];
unset($frame);
while ($kept) {
    for ($number = 2; $number < 30; $number++) {
        $channel->send($number) || exit("no slot is free");
    }
    foreach ($kept as $each) {
        $array = $each instanceof Shoal\Frame ? $each->array : $each;
        array_unique($array->toArray()) === [1] || exit("it changed");
    }
    array_shift($kept);
    unset($each, $array);
}
for ($number = 0; $channel->send($number); $number++) {
    $kept[] = $channel->read();
}
var_dump(count($kept));
$kept = [$kept[1]];
unset($segment["c"], $channel);
$again = $segment->channel("c", [1000], "int32");
for ($number = 2; $number < 30; $number++) {
    $again->send(9);
}
$segment->close();
var_dump(array_unique($kept[0]->array->toArray()));
?>
--EXPECT--
int(4)
array(1) {
  [0]=>
  int(1)
}
