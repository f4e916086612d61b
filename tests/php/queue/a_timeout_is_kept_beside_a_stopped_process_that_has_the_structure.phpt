--TEST--
queue: a timeout is kept beside a stopped process that has the structure
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$queue = $segment->queue('q', '256K');
$queue->putMany([1, str_repeat('x', 20000)]);
$holder = structure_holder($segment);
$within = function (callable $call, float $least, float $most): string {
    $took = seconds(function () use ($call, &$said) { try { $said = json_encode($call()); } catch (Throwable $error) { $said = get_class($error); } });
    return $said . ($took >= $least && $took < $most + 0.3 ? ' in time' : " took $took");
};
echo $within(fn () => $queue->put(2, 0.2), 0, 0.1), "\n", $within(fn () => $queue->get(0.2), 0, 0.1), "\n";
foreach ([0.2, 0] as $timeout) {
    echo $within(fn () => $queue->put(str_repeat('y', 20000), $timeout), $timeout, $timeout + 0.4), "\n";
    echo $within(fn () => $queue->putMany([str_repeat('y', 20000), 3], $timeout), $timeout, $timeout + 0.4), "\n";
    echo $within(fn () => $queue->get($timeout), $timeout, $timeout + 0.4), "\n";
    echo $within(fn () => $queue->getMany(5, $timeout), $timeout, $timeout + 0.4), "\n";
    echo $within(fn () => $queue->loan([5000], 'f8', $timeout), $timeout, $timeout + 0.4), "\n";
}
echo complaint(fn () => $queue->get(0.1)), "\n";
end_by($holder, 'CONT');
var_dump(strlen($queue->get(10)), $queue->get(10), $segment->check());
?>
--EXPECTF--
true in time
1 in time
false in time
0 in time
Shoal\Timeout in time
[] in time
Shoal\Timeout in time
false in time
0 in time
Shoal\Timeout in time
[] in time
Shoal\Timeout in time
Shoal\Timeout: %s is stopped%s
int(20000)
int(2)
array(0) {
}
