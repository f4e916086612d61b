--TEST--
job queue: a worker of a pool in a fiber does not go on with the script
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$queue = $segment->jobQueue('j', attempts: 1);
$queue->putMany([1, 2]);
$queue->shutdown();
$parent = getmypid();
$fiber = new Fiber(fn () => $queue->work(function ($value) use ($segment) {
    $inner = new Fiber(fn () => 10 * Fiber::suspend($value)); // a fiber of its own it may have
    $inner->resume($inner->start());
    $segment->counter('sum')->add($inner->getReturn());
    Fiber::suspend($value);
}, 2));
$fiber->start();
echo getmypid() === $parent ? "the program goes on\n" : "a worker goes on\n";
$counts = $fiber->getReturn();
$counts['errors'] = preg_replace('/: .*/', '', $counts['errors']); // PHP's sentence differs by version
echo json_encode($counts), "\n", $segment->counter('sum')->value, "\n";
?>
--EXPECT--
the program goes on
{"done":0,"retried":0,"dead":2,"died":0,"running":0,"left":0,"errors":["FiberError","FiberError"]}
30
