<?php

/** @generate-class-entries */

namespace Shoal;

/**
 * A place where a number of processes meet, again and again. The death of one breaks it for all others; a process that
 * closes its handle, as at the end of a request, leaves it without breaking it.
 *
 * @strict-properties
 */
final class Barrier
{
    public readonly string $name;

    /** The number of parties that meet. */
    public readonly int $parties;

    /** The number of parties that wait now. */
    public readonly int $waiting;

    /** Is the barrier broken, so that every caller gets BrokenBarrier until reset()? */
    public readonly bool $broken;

    /** The parties that have arrived: a list of array{pid: int, thread: int, since: float, program: string, alive: bool, count: int}. */
    public readonly array $holders;

    /**
     * Made by Segment::barrier().
     *
     * @implementation-alias Shoal\Handle::__construct
     */
    private function __construct() {}

    /**
     * Wait until all parties have arrived. The last to arrive calls $action before any other goes on.
     *
     * @return int 0 for the first to arrive … $parties - 1 for the last
     * @throws BrokenBarrier when a party died, abort() or reset() was called, another party's timeout passed, or
     *     its $action failed
     * @throws Timeout when $timeout seconds passed first: then the barrier is broken for the others
     */
    public function wait(?float $timeout = null, ?callable $action = null): int {}

    /** Break the barrier: present and later waiters get BrokenBarrier, until reset(). */
    public function abort(): void {}

    /** Make the barrier empty and unbroken again; waiters get BrokenBarrier. */
    public function reset(): void {}

    /** @implementation-alias Shoal\Handle::__serialize */
    public function __serialize(): array {}

    /** @implementation-alias Shoal\Handle::__unserialize */
    public function __unserialize(array $data): void {}
}
