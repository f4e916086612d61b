--TEST--
lock: a cycle of waiting processes is a lock error
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
[$a, $b] = [$segment->lock('a'), $segment->lock('b')];
$a->acquire();
$ready = $segment->event('ready');
$other = start(function () use ($a, $b, $ready) {
    $b->acquire();
    $ready->set();
    $complaint = complaint(fn () => $a->acquire());
    $complaint === 'nothing' ? $a->release() : print "$complaint\n";
    $b->release();
});
$ready->wait(10);
until_waiting($a);
$complaint = complaint(fn () => $b->acquire());
$complaint === 'nothing' ? $b->release() : print "$complaint\n";
$a->release();
var_dump(reap($other), $a->acquire(1), $b->acquire(1));
?>
--EXPECTF--
Shoal\LockError: %s
int(0)
bool(true)
bool(true)
