--TEST--
channel: a frame is dropped when the callback throws
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$channel = fresh()->channel("c", [4], "int32", 4);
$channel->send(1);
for ($i = 0; $i < 20; $i++) {
    $said[] = complaint(fn () => $channel->write(function ($frame) { $frame->fill(2); throw new LogicException("mine"); }));
}
$kept = null;
complaint(function () use ($channel, &$kept) { $channel->write(function ($frame) use (&$kept) { $kept = $frame; throw new LogicException("mine"); }); });
var_dump(array_unique($said), $channel->newest, $channel->dropped, $channel->read()->array->toArray() === [1, 1, 1, 1], thrown(fn () => $kept->fill(3)));
for ($i = 0; $i < 20; $i++) {
    child(fn () => $channel->write(fn ($frame) => exit(0))) === 0 || exit("no exit");
    child(function () use ($channel) {
        ini_set("display_errors", 0);
        $channel->write(fn ($frame) => trigger_error("x", E_USER_ERROR));
    }) === 255 || exit("no fatal error");
}
var_dump($channel->newest, $channel->send(5), $channel->dropped);
?>
--EXPECT--
array(1) {
  [0]=>
  string(20) "LogicException: mine"
}
int(1)
int(0)
bool(true)
string(12) "Shoal\Closed"
int(1)
bool(true)
int(0)
