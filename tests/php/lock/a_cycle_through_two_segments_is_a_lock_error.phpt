--TEST--
lock: a cycle through two segments is a lock error
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
[$one, $two] = [fresh(), fresh()];
[$a, $b] = [$one->lock('a'), $two->lock('b')];
$a->acquire();
$ready = $one->event('ready');
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
Shoal\LockError: %s of segment "%s", which %s
int(0)
bool(true)
bool(true)
