--TEST--
queue: shutting it ends the waits of others
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
foreach (['empty' => fn ($queue) => $queue->get(), 'full' => fn ($queue) => $queue->put('x'), 'loop' => function ($queue) { foreach ($queue as $each); throw new Shoal\ShutDown; }] as $name => $wait) {
    $queue = $segment->queue($name, 4096);
    while ($name === 'full' && $queue->put('x', 0));
    $waiters = array_map(fn () => start(fn () => exit(thrown(fn () => $wait($queue)) === 'Shoal\ShutDown' ? 0 : 1)), [1, 2, 3]);
    until_waiting($queue, 3);
    $took = seconds(function () use ($queue, $waiters) { $queue->shutdown(); echo json_encode(array_map('reap', $waiters)); });
    echo $took < 2 ? " soon\n" : " $took\n";
}
?>
--EXPECT--
[0,0,0] soon
[0,0,0] soon
[0,0,0] soon
