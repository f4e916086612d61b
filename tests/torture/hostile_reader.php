<?php
// A reader of hostile.c in PHP: hostile_reader.php NAME SECONDS. Ends with 0 if nothing but shoal's own errors came.
const KINDS = ['value', 'large', 'array', 'counter', 'lock', 'rwlock', 'semaphore', 'signal', 'event', 'condition', 'barrier'];
const TOLD = ['owner', 'holders', 'readers', 'waiters', 'recovered', 'broken', 'parties', 'waiting', 'value', 'initial'];
const BOUND = 40.0; // seconds, on a busy machine

/** Everything that an object of that class tells. */
function look_at(mixed $thing): void
{
    if ($thing instanceof Shoal\NdArray) {
        foreach ($thing as $row) {
            $row instanceof Shoal\NdArray ? $row->toArray() : $row;
        }
        $thing->toArray();
        $thing->sum();
        $thing->max();
    }
    if ($thing instanceof Shoal\Counter) {
        $thing->wait($thing->value, 0.001);
    }
    if ($thing instanceof Shoal\Event) {
        $thing->isSet();
        $thing->wait(0.001);
    }
    print_r($thing, true);
    foreach (TOLD as $name) {
        if (is_object($thing) && property_exists($thing, $name)) {
            print_r($thing->$name, true);
        }
    }
}

function act(Shoal\Segment $segment): void
{
    $name = KINDS[mt_rand(0, 10)] . ' ' . mt_rand(0, 7);
    switch (mt_rand(0, 8)) {
        case 0:
            isset($segment[$name]) && $segment[$name];
            break;
        case 1:
            count($segment);
            break;
        case 2:
            foreach ($segment as $key => $value) {
                look_at($value);
            }
            break;
        case 3:
            $segment->info();
            break;
        case 4:
            $segment->check();
            break;
        default:
            look_at($segment[$name]);
    }
}

/** Calls, and how many of them told of damage. */
function read(string $name, float $end): array
{
    $calls = $told = 0;
    $segment = Shoal\open($name, readonly: true);
    for ($i = 0; $i < 200 && microtime(true) < $end; $i++) {
        $calls++;
        $began = microtime(true);
        try {
            act($segment);
        } catch (Shoal\Exception $error) {
            $told++;
            if (str_contains($error->getMessage(), 'under its readers')) {
                break; // from now on nothing else is said
            }
        }
        if (microtime(true) - $began > BOUND) {
            throw new Exception('a call took too long');
        }
    }
    $segment->close();
    return [$calls, $told];
}

[, $name, $seconds] = $argv;
set_error_handler(function (int $number, string $text): bool {
    throw new ErrorException($text);
});
mt_srand(1);
$end = microtime(true) + (float) $seconds;
$calls = $told = 0;
while (microtime(true) < $end) {
    try {
        [$more, $moreTold] = read($name, $end);
        $calls += $more;
        $told += $moreTold;
    } catch (Shoal\Exception $error) {
        $told++;
    }
}
if ($calls === 0) {
    throw new Exception('not one call');
}
echo "php: $calls calls, $told of them told of damage\n";
