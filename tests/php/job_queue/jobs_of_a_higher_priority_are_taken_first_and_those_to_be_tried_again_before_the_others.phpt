--TEST--
job queue: jobs of a higher priority are taken first, and those to be tried again before the others
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$queue = fresh()->jobQueue('j');
foreach ([0, 2, 1, 3, 0, 3] as $number => $priority) {
    $queue->put("$number", $priority);
}
$queue->put('urgent', priority: 3);
$first = $queue->take();
$first->retry();
for ($order = []; $job = $queue->take(0); $job->done()) {
    $order[] = "$job->value/$job->priority";
}
echo implode(' ', $order), "\n";
?>
--EXPECT--
3/3 5/3 urgent/3 1/2 2/1 0/0 4/0
