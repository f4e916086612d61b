--TEST--
queue: the timeout of putMany bounds what its values take to come
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$queue = fresh()->queue('q');
$slow = function () use (&$asked) {
    for ($i = 1; $i <= 100; $i++) {
        $asked = $i;
        usleep(100000);
        yield $i;
    }
};
$took = seconds(function () use ($queue, $slow, &$put) { $put = $queue->putMany($slow(), 0.35); });
var_dump($put >= 2 && $put <= 4, $took < 0.9, $asked === $put, $queue->getMany(100) === range(1, $put));
?>
--EXPECT--
bool(true)
bool(true)
bool(true)
bool(true)
