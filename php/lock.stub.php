<?php

/** @generate-class-entries */

namespace Shoal;

/**
 * Mutual exclusion between processes, which survives the death of its holder.
 * The hold belongs to the process; a request that ends holding it gives it up as if the process had died.
 *
 * @strict-properties
 */
final class Lock
{
    public readonly string $name;

    /** May its holder take it again? */
    public readonly bool $reentrant;

    /** Does acquire() refuse after an owner's death, until repair()? */
    public readonly bool $strict;

    /** Held by this process, and its last holder died holding it: what it guards may be half-written. */
    public readonly bool $recovered;

    /** Who holds it: array{pid: int, thread: int, since: float, program: string, alive: bool, count: int}, null for nobody. */
    public readonly ?array $owner;

    /** Who waits for it: a list of arrays like $owner; one with 'count' 0 says that it is cut, for waits of that process have no place. */
    public readonly array $waiters;

    /**
     * Made by Segment::lock().
     *
     * @implementation-alias Shoal\Handle::__construct
     */
    private function __construct() {}

    /**
     * Take it; false when $timeout seconds passed first. null: wait as long as it takes; 0: do not wait.
     *
     * @throws LockError when this process holds it already and it is not reentrant, or when those who hold and wait for
     *     each other's locks, all without a timeout, form a cycle (through several segments: one of them has all of these attached)
     * @throws OwnerDied when it is strict and its last holder died
     */
    public function acquire(?float $timeout = null): bool {}

    /** @throws LockError when this process does not hold it */
    public function release(): void {}

    /** Held by a live process, this one included? */
    public function isLocked(): bool {}

    /** Take it, call $callback with this lock, give it back also after an exception or exit; returns what $callback did. */
    public function synchronized(callable $callback): mixed {}

    /** Declare sound what a strict lock of a dead owner guards. */
    public function repair(): void {}

    /** @implementation-alias Shoal\Handle::__serialize */
    public function __serialize(): array {}

    /** @implementation-alias Shoal\Handle::__unserialize */
    public function __unserialize(array $data): void {}
}
