<?php
/* A competitor of contest.c in PHP: contest_worker.php NAMES SEED SECONDS MIX, the segment "contest" of SHOAL_DIR. */

[, $names, $seed, $seconds, $mix] = $argv;
mt_srand((int) $seed);
$segment = Shoal\open("contest");
$lock = $segment->lock("lock");
$kept = array_fill(0, 6, null);
$locks = ["lock", "rwlock", "semaphore", "event", "condition", "barrier"];
$kinds = [
    "value-counter" => ["counter"],
    "value-array" => ["array"],
    "value-lock" => $locks,
    "array-counter-lock" => ["array", "counter", "lock"],
    "all" => ["array", "counter", ...$locks],
][$mix];

function chance(): float
{
    return mt_rand() / mt_getrandmax();
}

function ensure(bool $sound, string $what): void
{
    if (!$sound) {
        throw new LogicException($what);
    }
}

function make(string $kind, string $name): object
{
    global $segment, $lock;
    return match ($kind) {
        "array" => $segment->array($name, [[10, 3000, 40000][mt_rand(0, 2)]], "uint32"),
        "semaphore" => $segment->semaphore($name, 3),
        "condition" => $segment->condition($name, $lock),
        "barrier" => $segment->barrier($name, 2),
        default => $segment->$kind($name),
    };
}

function use_it(mixed $it): void
{
    if ($it instanceof Shoal\NdArray) {
        $at = mt_rand(0, count($it) - 1);
        ensure(in_array($it[$at], [0, count($it)], true), "the memory of an array that is open became something else");
        $it[$at] = count($it);
    } elseif ($it instanceof Shoal\Counter) {
        ensure($it->add() > 0, "the memory of a counter that is open became something else");
    } elseif ($it instanceof Shoal\Lock || $it instanceof Shoal\Semaphore) {
        if ($it->acquire(0)) {
            $it->release();
        }
    } elseif ($it instanceof Shoal\RWLock) {
        if (mt_rand(0, 1) ? $it->read(0) : $it->write(0)) {
            $it->unlock();
        }
    } elseif ($it instanceof Shoal\Event) {
        $it->set();
    } elseif ($it instanceof Shoal\Barrier) {
        ensure($it->parties === 2, "the memory of a barrier that is open became something else");
        $it->reset();
    } elseif ($it instanceof Shoal\Bytes) {
        $it = (string) $it;
        ensure($it === str_repeat($it[0], strlen($it)), "a value is torn");
    } elseif (is_string($it)) {
        ensure($it === str_repeat($it[0], strlen($it)), "a value is torn");
    }
}

function operate(string $name, float $roll): void
{
    global $segment, $mix, $kinds, $kept;
    if ($roll < 0.4) {
        try {
            unset($segment[$name]);
        } catch (Shoal\LockError) { // somebody holds it
        }
    } elseif ($roll < 0.6 && str_starts_with($mix, "value") || $roll < 0.5 && $mix === "all") {
        $segment[$name] = str_repeat(chr(mt_rand(97, 122)), (int) 2 ** (chance() * 19));
    } elseif ($roll < 0.8) {
        $it = make($kinds[array_rand($kinds)], $name);
        use_it($it);
        $kept[mt_rand(0, 5)] = chance() < 0.3 ? $it : null;
    } elseif ($roll < 0.9) {
        use_it($segment[$name]);
    } elseif ($roll < 0.95) {
        use_it($segment->get($name));
    } elseif ($roll < 0.99) {
        isset($segment[$name]);
    } else {
        foreach ($segment as $it) {
            use_it($it);
        }
    }
}

$end = microtime(true) + (float) $seconds;
while (microtime(true) < $end) {
    for ($i = 0; $i < 50; $i++) {
        try {
            operate("k" . mt_rand(0, (int) $names - 1), chance());
        } catch (Shoal\NotFound | Shoal\TypeMismatch | Shoal\NoSpace | Shoal\BrokenBarrier) {
        }
    }
}
