--TEST--
condition: a queue of one place loses nothing
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$lock = $segment->lock('l');
[$full, $empty] = [$segment->condition('full', $lock), $segment->condition('empty', $lock)];
[$place, $sum] = [$segment->counter('place'), $segment->counter('sum')];
$producer = function () use ($lock, $full, $empty, $place) {
    for ($i = 1; $i <= 300; $i++) {
        $lock->synchronized(function () use ($full, $empty, $place, $i) {
            $empty->waitFor(fn () => $place->value === 0, 10) || exit(1);
            $place->exchange($i);
            $full->notify();
        });
    }
};
$consumer = function () use ($lock, $full, $empty, $place, $sum) {
    for ($i = 1; $i <= 300; $i++) {
        $lock->synchronized(function () use ($full, $empty, $place, $sum) {
            $full->waitFor(fn () => $place->value, 10) || exit(1);
            $sum->add($place->exchange(0));
            $empty->notify();
        });
    }
};
var_dump(array_sum(array_map('reap', [start($producer), start($consumer), start($producer), start($consumer)])), $sum->value === 300 * 301, $place->value);
?>
--EXPECT--
int(0)
bool(true)
int(0)
