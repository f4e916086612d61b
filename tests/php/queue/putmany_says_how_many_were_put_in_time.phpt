--TEST--
queue: putMany says how many were put in time
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$queue = fresh()->queue('q', 4096);
var_dump($queue->putMany([]), $queue->putMany(range(1, 100)), $queue->getMany(1000) === range(1, 100));
$put = $queue->putMany(range(1, 5000), 0.1);
$got = $queue->getMany(5000);
var_dump($put > 100 && $put < 5000, $got === range(1, $put));
$put = $queue->putMany((function () { for ($i = 1; ; $i++) { yield $i; } })(), 0);
var_dump($put > 100 && $put < 5000, $queue->getMany(5000) === range(1, $put));
$reader = start(function () use ($queue) {
    for ($next = 1; $next <= 20000; ) {
        foreach ($queue->getMany(7, 10) as $value) {
            $value === $next++ || exit(1);
        }
    }
});
var_dump($queue->putMany(range(1, 20000)), reap($reader));
?>
--EXPECT--
int(0)
int(100)
bool(true)
bool(true)
bool(true)
bool(true)
bool(true)
int(20000)
int(0)
