--TEST--
rwlock: a reader is not starved by a stream of writers
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$rw = $segment->rwlock('rw');
$rounds = $segment->counter('rounds');
$writer = function () use ($rw, $rounds) {
    while (true) {
        $rw->writeSynchronized(fn () => usleep(2000));
        $rounds->add();
    }
};
$writers = [start($writer), start($writer), start($writer)];
$rounds->wait(0, 10);
for ($i = 0; $i < 20 && $rw->read(2); $i++) {
    $before = $rounds->value;
    $rw->unlock();
    $rounds->wait($before, 2) || exit("the writers starve\n");
}
var_dump($i, array_map('end_by', $writers) === [-9, -9, -9]);
?>
--EXPECT--
int(20)
bool(true)
