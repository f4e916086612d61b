--TEST--
channel: what is there is opened without saying what it is
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$channel = $segment->channel("c", [4, 5], "int32", 4, 2);
foreach ([[], ["dtype" => "int32"], ["slots" => 4], ["history" => 2], ["shape" => [4, 5], "dtype" => "i4"]] as $given) {
    $again = $segment->channel("c", ...$given);
    $same[] = $again == $channel && $again->slots === 4 && $again->history === 2 && $again->shape === [4, 5];
}
var_dump(in_array(false, $same));
foreach ([["dtype" => "f8"], ["slots" => 8], ["history" => 1], ["bytes" => 80], ["shape" => [4, 5]]] as $given) {
    $said[] = thrown(fn () => $segment->channel("c", ...$given));
}
echo implode(" ", array_unique($said)), "\n", thrown(fn () => $segment->channel("none")), "\n", thrown(fn () => $segment->channel("none", dtype: "f8")), "\n";
echo json_encode($channel), "\n";
?>
--EXPECT--
bool(false)
Shoal\TypeMismatch
Shoal\NotFound
Shoal\NotFound
{"name":"c","shape":[4,5],"dtype":"int32","bytes":80,"slots":4,"history":2,"newest":0,"missed":0,"dropped":0,"readonly":false,"waiters":[]}
