--TEST--
channel: send takes what assign and fill take
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$channel = $segment->channel("c", [2, 2], "int32", 4);
$array = $segment->array("a", [2, 2], "int32");
$array->assign([[1, 2], [3, 4]]);
foreach ([7, [[1, 2], [3, 4]], $array] as $value) {
    var_dump($channel->send($value));
    echo json_encode($channel->read()->array->toArray()), "\n";
}
$newest = $channel->newest;
for ($i = 0; $i < 6; $i++) {
    foreach (["x", [1, 2], 2 ** 40, null, [[1, 2], [3, "x"]], $segment->array("b", [3], "int32")] as $value) {
        $said[] = thrown(fn () => $channel->send($value));
    }
}
echo implode(" ", array_slice($said, 0, 6)), "\n";
var_dump($channel->newest === $newest, $channel->dropped, in_array("nothing", $said));
?>
--EXPECT--
bool(true)
[[7,7],[7,7]]
bool(true)
[[1,2],[3,4]]
bool(true)
[[1,2],[3,4]]
TypeError Shoal\TypeMismatch ArithmeticError TypeError TypeError Shoal\TypeMismatch
bool(true)
int(0)
bool(false)
