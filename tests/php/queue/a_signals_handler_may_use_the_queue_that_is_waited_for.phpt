--TEST--
queue: a signal's handler may use the queue that is waited for
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
pcntl_async_signals(true);
$segment = fresh();
$queue = $segment->queue('q', 4096);
pcntl_signal(SIGUSR1, fn () => $queue->putMany(['from', str_repeat('y', 3000)]));
signal_soon('USR1');
var_dump($queue->get(10), strlen($queue->get(10)));
while ($queue->put('x', 0));
pcntl_signal(SIGUSR1, fn () => print count($queue->getMany(1000)) > 100 ? "made room\n" : "nothing\n");
signal_soon('USR1');
var_dump($queue->put(['a value' => str_repeat('z', 1000)], 10), strlen($queue->get()['a value']));
?>
--EXPECT--
string(4) "from"
int(3000)
made room
bool(true)
int(1000)
