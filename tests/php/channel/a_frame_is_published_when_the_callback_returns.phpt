--TEST--
channel: a frame is published when the callback returns
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$channel = fresh()->channel("c", [2, 3], "int32");
var_dump($channel->newest, $channel->read(null, 0));
var_dump($channel->write(function ($frame) use ($channel) {
    var_dump(get_debug_type($frame), $frame->shape, $frame->readonly, $channel->newest, child(fn () => exit($channel->read(null, 0) ? 1 : 0)));
    $frame->assign([[1, 2, 3], [4, 5, 6]]);
    return "of no interest";
}));
$frame = $channel->read();
echo json_encode([$channel->newest, $frame->number, $frame->missed, $frame->copied, $frame->array->toArray(), $frame->value->toArray()]), "\n";
var_dump(abs($frame->time - microtime(true)) < 1, child(fn () => exit($channel->read()->array[[1, 2]])));
?>
--EXPECT--
int(0)
NULL
string(13) "Shoal\NdArray"
array(2) {
  [0]=>
  int(2)
  [1]=>
  int(3)
}
bool(false)
int(0)
int(0)
bool(true)
[1,1,0,false,[[1,2,3],[4,5,6]],[[1,2,3],[4,5,6]]]
bool(true)
int(6)
