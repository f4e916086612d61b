--TEST--
channel: what the dead wrote and read comes back
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$channel = fresh()->channel("c", [4], "int32", 4);
$channel->send(1);
for ($i = 0; $i < 10; $i++) {
    killed_after(fn () => $channel->write(function ($frame) { $frame[0] = 99; die_now(); }));
}
var_dump($channel->read()->array->toArray() === [1, 1, 1, 1], $channel->newest);
$kept = [];
$holder = holder(function () use ($channel, &$kept) {
    for ($number = 2; $number < 5; $number++) {
        $channel->send($number);
        $kept[] = $channel->read();
    }
});
var_dump($channel->send(5), $channel->send(6));
end_by($holder);
for ($number = 5; $number < 20; $number++) {
    $channel->send($number) || exit("no slot is free");
}
var_dump($channel->read()->array[0]);
?>
--EXPECT--
bool(true)
int(1)
bool(true)
bool(false)
int(19)
