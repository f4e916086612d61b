--TEST--
barrier: nobody passes before all have arrived
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$barrier = $segment->barrier('b', 3);
var_dump($barrier->parties, $barrier->waiting, $barrier->broken, $barrier->holders, thrown(fn () => $segment->barrier('b', 2)), $segment['b']->parties, $segment['b'] == $barrier);
for ($round = 0; $round < 3; $round++) {
    $parties = array_map(fn () => start(fn () => exit($barrier->wait(10))), range(1, 2));
    until(fn () => $barrier->waiting === 2) || exit("they do not come\n");
    $pids = array_column($barrier->holders, 'pid');
    sort($pids);
    echo json_encode([$pids === $parties, $barrier->wait(10)]), ' ';
    $indices = array_map('reap', $parties);
    sort($indices);
    echo json_encode([$indices, $barrier->waiting, $barrier->holders]), "\n";
}
?>
--EXPECT--
int(3)
int(0)
bool(false)
array(0) {
}
string(18) "Shoal\TypeMismatch"
int(3)
bool(true)
[true,2] [[0,1],0,[]]
[true,2] [[0,1],0,[]]
[true,2] [[0,1],0,[]]
