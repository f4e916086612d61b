--TEST--
semaphore: there are never more inside than permits
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$semaphore = $segment->semaphore('s', 2);
$inside = $segment->counter('inside');
$most = $segment->counter('most');
$worker = function () use ($semaphore, $inside, $most) {
    for ($i = 0; $i < 500; $i++) {
        $semaphore->synchronized(function () use ($inside, $most) {
            $now = $inside->add();
            while (($seen = $most->value) < $now && !$most->compareExchange($seen, $now));
            usleep(20);
            $inside->sub();
        });
    }
};
var_dump(array_sum(array_map('reap', [start($worker), start($worker), start($worker), start($worker)])), $most->value, $inside->value, $semaphore->value);
?>
--EXPECT--
int(0)
int(2)
int(0)
int(2)
