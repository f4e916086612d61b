--TEST--
queue: each value is got at most once, and in the order of its producer, though consumers are killed
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$segment = fresh();
$queue = $segment->queue('q', '16K');
$producers = [];
foreach ([1, 2] as $own) {
    $producers[] = start(function () use ($queue, $own) {
        for ($i = 0; $i < 4000; $i++) {
            $queue->put([$own, $i, $i % 50 ? '' : str_repeat('x', 9000)], 10) || exit(1);
        }
    });
}
$seen = [1 => $segment->array('seen 1', [4000], 'int32'), 2 => $segment->array('seen 2', [4000], 'int32')];
$consume = function () use ($queue, $seen) {
    $last = [1 => -1, 2 => -1];
    while (true) {
        try {
            [$own, $i] = $queue->get();
        } catch (Shoal\ShutDown) {
            exit(0);
        }
        $i > $last[$own] || exit(2);
        $last[$own] = $i;
        $seen[$own][$i] = $seen[$own][$i] + 1;
    }
};
$consumers = [start($consume), start($consume), start($consume)];
for ($kills = 0; $kills < 30; $kills++) {
    usleep(mt_rand(100, 5000));
    end_by(array_shift($consumers)) === -SIGKILL || print "a consumer ended\n";
    $consumers[] = start($consume);
}
echo json_encode(array_map('reap', $producers)), "\n";
$queue->shutdown();
echo json_encode(array_map('reap', $consumers)), "\n";
$counts = array_count_values([...$seen[1]->toArray(), ...$seen[2]->toArray()]);
var_dump(array_diff(array_keys($counts), [0, 1]), ($counts[0] ?? 0) <= 30, $segment->check());
?>
--EXPECT--
[0,0]
[0,0,0]
array(0) {
}
bool(true)
array(0) {
}
