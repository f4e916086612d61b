--TEST--
condition: others go on when processes are killed at random
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$lock = $segment->lock('l');
$condition = $segment->condition('c', $lock);
$items = $segment->counter('items');
echo storm($segment, fn () => $lock->synchronized(function () use ($condition, $items) {
    if ($items->value < 3) {
        $items->add();
        $condition->notify();
    } elseif ($condition->waitFor(fn () => $items->value > 0, 0.01)) {
        $items->sub();
    }
})), "\n";
var_dump($lock->acquire(1), $condition->wait(0));
?>
--EXPECT--
[]
bool(true)
bool(false)
