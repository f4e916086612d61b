--TEST--
job queue: a timeout is kept beside a stopped process that has the structure
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$queue = $segment->jobQueue('j');
$queue->put('work');
$holder = structure_holder($segment);
$within = function (callable $call, float $timeout): string {
    $took = seconds(function () use ($call, &$said) { try { $said = json_encode($call()); } catch (Throwable $error) { $said = get_class($error); } });
    return $said . ($took >= $timeout && $took < $timeout + 0.5 ? ' in time' : " took $took");
};
foreach ([0.2, 0] as $timeout) {
    echo $within(fn () => $queue->put('more', timeout: $timeout), $timeout), "\n", $within(fn () => $queue->take($timeout), $timeout), "\n";
    echo $within(fn () => $queue->join($timeout), $timeout), "\n";
}
end_by($holder, 'CONT');
var_dump($queue->take(10)->value, $segment->check());
?>
--EXPECT--
false in time
null in time
false in time
false in time
null in time
false in time
string(4) "work"
array(0) {
}
