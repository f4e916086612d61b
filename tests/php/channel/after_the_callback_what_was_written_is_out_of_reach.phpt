--TEST--
channel: after the callback what was written is out of reach
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$channel = fresh()->channel("c", [4], "int32");
$channel->write(function ($frame) use (&$array, &$part) {
    [$array, $part] = [$frame, $frame->slice([1, 3])];
    $frame->fill(1);
});
foreach ([$array, $part] as $gone) {
    $said[] = thrown(fn () => $gone->toArray());
    $said[] = thrown(fn () => $gone->fill(9));
    $said[] = thrown(function () use ($gone) { $gone[0] = 9; });
    $said[] = thrown(fn () => $gone[0]);
    $said[] = thrown(fn () => clone $gone);
    $said[] = thrown(fn () => serialize($gone));
    $said[] = thrown(function () use ($gone) { foreach ($gone as $element); });
}
var_dump(array_unique($said), $channel->read()->array->toArray() === [1, 1, 1, 1]);
echo complaint(fn () => $array[0]), "\n";
?>
--EXPECT--
array(1) {
  [0]=>
  string(12) "Shoal\Closed"
}
bool(true)
Shoal\Closed: the frame of channel "c" is published or dropped, or was begun by the parent of this process
