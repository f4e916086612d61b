--TEST--
rwlock: a writer is not starved by a stream of readers
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$rw = $segment->rwlock('rw');
$rounds = $segment->counter('rounds');
$reader = function () use ($rw, $rounds) {
    while (true) {
        $rw->readSynchronized(fn () => usleep(2000));
        $rounds->add();
    }
};
$readers = [start($reader), start($reader), start($reader)];
$rounds->wait(0, 10);
for ($i = 0; $i < 20; $i++) {
    if (!$rw->write(2)) {
        echo "starved\n";
        break;
    }
    $before = $rounds->value;
    $rw->unlock();
    if (!$rounds->wait($before, 2)) {
        echo "the readers starve\n";
        break;
    }
}
var_dump($i, array_map('end_by', $readers) === [-9, -9, -9]);
?>
--EXPECT--
int(20)
bool(true)
