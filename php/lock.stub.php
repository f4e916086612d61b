<?php

/** @generate-class-entries */

namespace Shoal;

/**
 * Mutual exclusion between processes, which survives the death of its holder.
 * Its holder is a process; a request that ends while holding it gives it up as if the process had died.
 *
 * @strict-properties
 */
final class Lock
{
    public readonly string $name;

    /** May its holder take it again? */
    public readonly bool $reentrant;

    /** Does acquire() throw OwnerDied after an owner's death, until repair()? */
    public readonly bool $strict;

    /** Held by this process, and its last holder died holding it: what it guards may be half-written. */
    public readonly bool $recovered;

    /** Its holder: array{pid: int, thread: int, since: float, program: string, alive: bool, count: int}, null for nobody. */
    public readonly ?array $owner;

    /** Its waiters: a list of arrays like $owner; one with 'count' 0 says that some waits of that process are missing. */
    public readonly array $waiters;

    /**
     * Made by Segment::lock().
     *
     * @implementation-alias Shoal\Handle::__construct
     */
    private function __construct() {}

    /**
     * Acquire it; false when $timeout seconds passed first. null: wait as long as it takes; 0: do not wait.
     *
     * @throws LockError when this process holds it already and it is not reentrant, or at a deadlock: those that hold and wait for
     *     each other's locks, all without a timeout, form a cycle (through several segments: one of them has all of these attached)
     * @throws OwnerDied when it is strict and its last holder died
     */
    public function acquire(?float $timeout = null): bool {}

    /** @throws LockError when this process does not hold it */
    public function release(): void {}

    /** Held by a live process, this one included? */
    public function isLocked(): bool {}

    /** Acquire it, call $callback with this lock, release it also after an exception or exit; returns what $callback returned. */
    public function synchronized(callable $callback): mixed {}

    /** Declare sound the data that this strict lock guards, after its owner died. */
    public function repair(): void {}

    /** @implementation-alias Shoal\Handle::__serialize */
    public function __serialize(): array {}

    /** @implementation-alias Shoal\Handle::__unserialize */
    public function __unserialize(array $data): void {}
}
