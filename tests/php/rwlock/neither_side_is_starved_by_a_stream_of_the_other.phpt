--TEST--
rwlock: neither side is starved by a stream of the other
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
foreach (['write' => 'readSynchronized', 'read' => 'writeSynchronized'] as $one => $others) {
    $segment = fresh();
    [$rw, $rounds] = [$segment->rwlock('rw'), $segment->counter('rounds')];
    $stream = function () use ($rw, $rounds, $others) {
        while (true) {
            $rw->$others(fn () => usleep(2000));
            $rounds->add();
        }
    };
    $streams = [start($stream), start($stream), start($stream)];
    $rounds->wait(0, 10);
    for ($i = 0; $i < 20 && $rw->$one(2); $i++) {
        $before = $rounds->value;
        $rw->unlock();
        $rounds->wait($before, 2) || exit("the others starve\n");
    }
    var_dump($i, array_map('end_by', $streams) === [-9, -9, -9]);
}
?>
--EXPECT--
int(20)
bool(true)
int(20)
bool(true)
