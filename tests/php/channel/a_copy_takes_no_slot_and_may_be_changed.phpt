--TEST--
channel: a copy takes no slot and may be changed
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$channel = fresh()->channel("c", [4], "int32", 4);
$channel->send(1);
for ($i = 0; $i < 10; $i++) {
    $kept[] = $channel->read(copy: true);
}
for ($number = 2; $number < 20; $number++) {
    $channel->send($number) || exit("no slot is free");
}
$kept[0]->array[0] = 7;
var_dump($kept[0]->copied, $kept[0]->array->toArray() === [7, 1, 1, 1], $kept[9]->array->toArray() === [1, 1, 1, 1]);
?>
--EXPECT--
bool(true)
bool(true)
bool(true)
