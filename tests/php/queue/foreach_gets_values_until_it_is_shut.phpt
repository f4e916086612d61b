--TEST--
queue: foreach gets values until it is shut
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$queue = fresh()->queue('q');
$producer = start(function () use ($queue) {
    for ($i = 0; $i < 5; $i++) {
        $queue->put("value $i");
        usleep(20000);
    }
    $queue->shutdown();
});
foreach ($queue as $number => $value) {
    echo "$number: $value\n";
}
var_dump(reap($producer), $queue->isShutdown, iterator_to_array($queue));
$left = fresh()->queue('q');
$left->putMany([1, 2, 3]);
foreach ($left as $value) {
    break;
}
var_dump($value, count($left), thrown(function () use ($left) { foreach ($left as &$each); }));
?>
--EXPECT--
0: value 0
1: value 1
2: value 2
3: value 3
4: value 4
int(0)
bool(true)
array(0) {
}
int(1)
int(2)
string(5) "Error"
