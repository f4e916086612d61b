--TEST--
job queue: what the callable of work throws is a retry, and told
--EXTENSIONS--
shoal
--FILE--
<?php
require __DIR__ . '/../segment.inc';
$queue = fresh()->jobQueue('j', attempts: 2);
$queue->putMany(['fine', 'throws', 'type', 'done itself', 'buried', 'retried', 'exits'], 0);
$queue->shutdown();
function do_it(string $value, Shoal\Job $job): void
{
    match ($value) {
        'throws' => throw new DomainException("no $value"), 'type' => strlen([]), 'done itself' => $job->done(), 'buried' => $job->bury(),
        'retried' => $job->attempt === 1 && $job->retry(), default => null,
    };
}
$counts = $queue->work('do_it');
echo json_encode($counts, JSON_PRETTY_PRINT), "\n", json_encode(array_column($queue->dead(), 'reason', 'value')), "\n";
?>
--EXPECT--
{
    "done": 4,
    "retried": 3,
    "dead": 3,
    "died": 0,
    "running": 0,
    "left": 0,
    "errors": [
        "DomainException: no throws",
        "DomainException: no throws",
        "TypeError: strlen(): Argument #1 ($string) must be of type string, array given",
        "TypeError: strlen(): Argument #1 ($string) must be of type string, array given"
    ]
}
{"throws":"retried","type":"retried","buried":"buried"}
