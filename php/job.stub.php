<?php

/** @generate-class-entries */

namespace Shoal;

/**
 * A job that this process has taken from a JobQueue: it is done(), or given back by retry(). A Job that nobody has any more (its
 * variable is gone, the request ended) is given back, and that of a process that dies goes to another at once.
 *
 * @strict-properties
 * @not-serializable
 */
final class Job
{
    /** What was put: a copy. */
    public readonly mixed $value;

    /** Of its queue: 1, 2, … in the order in which jobs were put. */
    public readonly int $number;

    /** 1: it is tried for the first time. */
    public readonly int $attempt;

    /** 0 to 3. */
    public readonly int $priority;

    /** When it was put, in seconds since 1970. */
    public readonly float $putAt;

    /** Is it this process's? Not any more after done(), retry() or bury(), or when the lease is over and another has it. */
    public readonly bool $mine;

    /** Made by JobQueue::take(). */
    private function __construct() {}

    /**
     * It is done, and gone from its queue.
     *
     * @throws LockError when it is not this process's any more
     */
    public function done(): void {}

    /**
     * Give it back, to be tried again: at once, before the others of its priority, or in $delay seconds. After the last attempt it
     * is dead.
     *
     * @throws LockError when it is not this process's any more
     */
    public function retry(float $delay = 0): void {}

    /**
     * Do not try it again: it is dead.
     *
     * @throws LockError when it is not this process's any more
     */
    public function bury(): void {}
}
