--TEST--
channel: a readonly attach reads copies
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$channel = $segment->channel("c", [4], "int32", 4);
$values = $segment->channel("v", bytes: 100);
$channel->send(1);
$values->send(["x" => "Grüße"]);
$reader = Shoal\open($segment->name, readonly: true);
for ($i = 0; $i < 10; $i++) {
    $kept[] = $reader["c"]->read();
}
for ($number = 2; $number < 20; $number++) {
    $channel->send($number) || exit("no slot is free");
}
var_dump($kept[0]->copied, $kept[9]->array->toArray() === [1, 1, 1, 1], $reader["v"]->read()->value);
$frame = $reader["c"]->read(1);
var_dump($frame->number, $frame->missed, $reader["c"]->read(19, 0), thrown(fn () => $reader["c"]->send(1)), thrown(fn () => $reader["c"]->write(fn () => exit("called"))));
?>
--EXPECT--
bool(true)
bool(true)
array(1) {
  ["x"]=>
  string(7) "Grüße"
}
int(19)
int(17)
NULL
string(19) "Shoal\ReadOnlyError"
string(19) "Shoal\ReadOnlyError"
