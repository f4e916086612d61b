--TEST--
lock: a cycle of many processes is a lock error
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$ready = $segment->counter('ready');
$children = [];
for ($i = 0; $i < 40; $i++) {
    $children[] = start(function () use ($segment, $ready, $i) {
        [$own, $next] = [$segment->lock("l$i"), $segment->lock('l' . ($i + 1) % 40)];
        $own->acquire();
        $ready->add();
        until(fn () => $ready->value === 40);
        $complaint = complaint(fn () => $next->acquire());
        $complaint === 'nothing' ? $next->release() : print "$complaint\n";
        $own->release();
    });
}
var_dump(array_sum(array_map('reap', $children)));
?>
--EXPECTF--
Shoal\LockError: %s, and so on: 40 threads in all; its wait was ended so that it can release its locks
int(0)
