--TEST--
lock: no process gets less than a third of its fair share
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$lock = $segment->lock('l');
$go = $segment->event('go');
foreach ([2, 4, 8] as $processes) {
    $counts = $pids = [];
    for ($i = 0; $i < $processes; $i++) {
        $counts[$i] = $segment->counter("$i of $processes");
        $pids[$i] = start(function () use ($lock, $go, $counts, $i) {
            $count = 0;
            $go->wait();
            for ($end = hrtime(true) + 1_000_000_000; hrtime(true) < $end; $count++) {
                $lock->acquire();
                $lock->release();
            }
            $counts[$i]->exchange($count);
        });
    }
    $go->set();
    array_map('reap', $pids);
    $go->clear();
    $values = array_map(fn ($count) => $count->value, $counts);
    var_dump(min($values) * 3 >= array_sum($values) / $processes ?: $values);
}
?>
--EXPECT--
bool(true)
bool(true)
bool(true)
