<?php
/*
 * One request of one of eight threads ($number, its $round): threads.c. What is wrong is printed. $number -1 is the
 * last, and prints what all of them have done, as JSON.
 */

declare(strict_types=1);

namespace Requests;

use Shoal;

const THREADS = 8;
const PERMITS = 3;

ini_set('display_errors', '0');
ini_set('log_errors', '0');

function must(bool $is, string $what): void
{
    if (!$is) {
        echo "WRONG: $what\n";
    }
}

/** Wait until $counter has moved on by $by; false where it does not: the others may have served all of theirs. */
function moves_on(Shoal\Counter $counter, int $by): bool
{
    $until = $counter->value + $by;
    while (($value = $counter->value) < $until && $counter->wait($value, 0.2)) {
    }
    return $value >= $until;
}

/** Held while requests of other threads end, as those that begin show: nobody takes it, and it is there to be given back. */
function hold_long(Shoal\Segment $segment, int $number): void
{
    $lock = $segment->lock("own $number");
    $semaphore = $segment->semaphore("permits of $number", 1);
    $rwlock = $segment->rwlock("rw $number");
    must($lock->acquire(10.0) && $semaphore->acquire(10.0) && $rwlock->write(10.0), 'what is only this thread\'s could not be had');
    must(!$lock->recovered, 'a lock that this thread gave back was called recovered');
    $owner = $lock->owner;
    $long = moves_on($segment->counter('begun'), 2 * THREADS);
    must($lock->owner === $owner && $lock->isLocked(), 'a lock was lost at the end of another thread\'s request');
    must($rwlock->isWriting() && $semaphore->value === 0, 'a write or a permit was lost at the end of another thread\'s request');
    $lock->release();
    $semaphore->release();
    $rwlock->unlock();
    $segment->counter('held long')->add((int)$long);
}

/** Left at the request's end. */
function leave(Shoal\Segment $segment, int $number, int $round): void
{
    match ($round % 4) {
        0 => must($segment->lock('left')->acquire(20.0), 'a lock that was left did not come back'),
        1 => must($segment->semaphore('left permits', PERMITS)->acquire(20.0), 'a permit that was left did not come back'),
        2 => must($segment->rwlock('left rw')->read(20.0), 'a read was not to be had'),
        3 => must($segment->rwlock('left rw')->write(20.0), 'reads that were left did not come back'),
    };
    $segment->counter('requests left')->add();
    if ($number % 3 === 0) {
        exit;
    }
    if ($number % 3 === 1) {
        throw new \Exception('the script ends by an exception');
    }
    undefined_function();
}

function guarded(Shoal\Segment $segment): void
{
    $segment->lock('guard')->synchronized(function () use ($segment) {
        $two = $segment->array('two', [2], 'int64');
        must($two[0] === $two[1], 'two guarded elements disagree');
        $two[0] = $two[0] + 1;
        $two[1] = $two[1] + 1;
    });
    $segment->counter('guarded')->add();
}

/** Values that all replace: each is of one thread and one round. */
function whole(Shoal\Segment $segment, int $number, int $round): void
{
    $key = 'value ' . $round % 3;
    $segment[$key] = array_fill(0, 20 + $round % 50, "$number:$round " . str_repeat((string)$number, 100));
    $value = $segment[$key];
    must(count(array_unique($value)) === 1, 'a value of two threads');
    $array = $segment->array('elements', [64], 'int32');
    $array->fill($number);
    must(count(array_diff($array->toArray(), range(0, THREADS - 1))) === 0, 'an element that nobody stored');
}

function meet(Shoal\Segment $segment, int $number): void
{
    $lock = $segment->lock('of the condition');
    $condition = $segment->condition('condition', $lock);
    must($lock->acquire(20.0), 'the lock of the condition could not be had');
    $number % 2 ? $condition->notifyAll() : $condition->wait(0.001);
    $lock->release();
    $segment->event('event')->set();
    must($segment->event('event')->wait(10.0), 'an event that is set');
    try {
        $segment->barrier('barrier', 2)->wait(0.002);
    } catch (Shoal\BrokenBarrier | Shoal\Timeout) {
        try {
            $segment->barrier('barrier', 2)->reset();
        } catch (Shoal\BrokenBarrier) {
        }
    }
    $copy = unserialize(serialize([$lock, $segment]));
    must($copy[0] == $lock && $copy[1]->name === $segment->name, 'a handle that was serialized');
}

/** One process has one environment: a script's change of it is of no account to the others. */
function move_away(): void
{
    putenv('SHOAL_DIR=/nonexistent');
}

function summary(Shoal\Segment $segment): array
{
    $counts = [];
    foreach (['begun', 'held long', 'requests left', 'guarded'] as $name) {
        $counts[$name] = $segment->counter($name)->value;
    }
    must($segment->array('two')[0] === $counts['guarded'] && $segment->array('two')[1] === $counts['guarded'], 'a guarded count');
    must(!$segment->lock('left')->isLocked(), 'a lock that was left is held');
    must($segment->semaphore('left permits', PERMITS)->value === PERMITS, 'a permit that was left is gone');
    must($segment->rwlock('left rw')->readers === [] && $segment->rwlock('left rw')->owner === null, 'a read that was left is held');
    return $counts + ['check' => $segment->check(), 'peers' => count($segment->info()['peers'])];
}

function serve(int $number, int $round): void
{
    $segment = Shoal\open_or_create('threads', '32M');
    $segment->counter('begun')->add();
    match (($number + $round) % 5) {
        0 => hold_long($segment, $number),
        1 => guarded($segment),
        2 => whole($segment, $number, $round),
        3 => meet($segment, $number),
        4 => move_away(),
    };
    if ($round % 3 === 2) {
        leave($segment, $number, intdiv($round, 3));
    }
}

if ($number === -1) {
    try {
        echo json_encode(summary(Shoal\open('threads'))), "\n";
    } catch (\Throwable $error) {
        echo "WRONG: $error\n";
    }
    Shoal\unlink('threads');
} else {
    try {
        serve($number, $round);
    } catch (Shoal\Exception $error) {
        echo 'WRONG: ', get_class($error), ': ', $error->getMessage(), ', line ', $error->getLine(), "\n";
    }
}
