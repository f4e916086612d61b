<?php

/** @generate-class-entries */

namespace Shoal;

/**
 * A place where a number of processes meet, again and again. One that dies breaks it for all others; one that lets go of
 * its handle, as at the end of a request, has left.
 *
 * @strict-properties
 */
final class Barrier
{
    public readonly string $name;

    /** How many meet. */
    public readonly int $parties;

    /** How many wait now. */
    public readonly int $waiting;

    /** Does it refuse everybody, until reset()? */
    public readonly bool $broken;

    /** Who has arrived: a list of array{pid: int, thread: int, since: float, program: string, alive: bool, count: int}. */
    public readonly array $holders;

    /**
     * Made by Segment::barrier().
     *
     * @implementation-alias Shoal\Handle::__construct
     */
    private function __construct() {}

    /**
     * Wait until all have come. The last to come calls $action before anybody goes on.
     *
     * @return int 0 for the first to come … $parties - 1 for the last
     * @throws BrokenBarrier when a party died, abort() or reset() was called, another's time was over or its $action failed
     * @throws Timeout when $timeout seconds passed first: it is broken for the others then
     */
    public function wait(?float $timeout = null, ?callable $action = null): int {}

    /** Break it: all who wait and all who come get BrokenBarrier, until reset(). */
    public function abort(): void {}

    /** Empty and whole again; who waits gets BrokenBarrier. */
    public function reset(): void {}

    /** @implementation-alias Shoal\Handle::__serialize */
    public function __serialize(): array {}

    /** @implementation-alias Shoal\Handle::__unserialize */
    public function __unserialize(array $data): void {}
}
