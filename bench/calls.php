<?php
/* Time Shoal's calls from PHP with hrtime: php calls.php SEGMENT REPETITIONS, JSON on stdout. */

declare(strict_types=1);

[, $name, $repetitions] = $argv;
$segment = Shoal\open($name);

/** Nanoseconds of one $statement, ten in a row in a loop; $things are its variables. */
function loop(string $statement, array $things, int $rounds): float
{
    extract($things);
    $run = eval("return static function () use (\$segment, \$empty, \$array, \$lock, \$counter, \$rwlock, \$semaphore, "
        . "\$signal, \$event, \$guard, \$condition, \$small, \$large) {"
        . "\$start = hrtime(true); for (\$i = 0; \$i < $rounds; \$i++) {" . str_repeat("$statement;", 10) . "}"
        . "return hrtime(true) - \$start; };");
    return $run() / $rounds / 10;
}

/** Repetitions of about 20 ms each, the empty loop subtracted. */
function measure(string $statement, array $things, int $repetitions): array
{
    $rounds = max(1, (int) (2e6 / max(1.0, loop($statement, $things, 10))));
    $samples = [];
    for ($i = 0; $i < $repetitions; $i++) {
        $samples[] = loop($statement, $things, $rounds) - loop('', $things, $rounds);
    }
    return $samples;
}

$things = [
    'segment' => $segment, 'empty' => new SplDoublyLinkedList(), 'array' => $segment->array('array'),
    'lock' => $segment->lock('lock'), 'counter' => $segment->counter('counter'),
    'rwlock' => $segment->rwlock('rwlock'), 'semaphore' => $segment->semaphore('semaphore', 4),
    'signal' => $segment->semaphore('signal', 1, false), 'event' => $segment->event('event'),
    'guard' => $segment->lock('guard'), 'condition' => $segment->condition('condition', $segment->lock('guard')),
    'small' => "$name-small", 'large' => "$name-large",
];
$figures = [];
foreach ([
    'empty method call' => '$empty->count()',
    'lock acquire + release' => '$lock->acquire(); $lock->release()',
    'rwlock read + unlock' => '$rwlock->read(); $rwlock->unlock()',
    'rwlock write + unlock' => '$rwlock->write(); $rwlock->unlock()',
    'semaphore acquire + release' => '$semaphore->acquire(); $semaphore->release()',
    'semaphore as a signal' => '$signal->acquire(); $signal->release()',
    'event set + clear' => '$event->set(); $event->clear()',
    'lock, notify nobody, unlock' => '$guard->acquire(); $condition->notify(); $guard->release()',
    'counter.add()' => '$counter->add()',
    'array[i], read' => '$array[3]',
    'array[i], write' => '$array[3] = 2.5',
    'get a 64-byte string' => '$segment["text"]',
    'put a 64-byte string' => '$segment["text"] = "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijkl"',
    'open an array by name' => '$segment->array("other")',
    'attach + detach, 1 MiB ceiling' => 'Shoal\open($small)->close()',
    'attach + detach, 8 GiB ceiling' => 'Shoal\open($large)->close()',
] as $title => $statement) {
    $figures[$title] = measure($statement, $things, (int) $repetitions);
}
echo json_encode($figures);
