<?php

/** @generate-class-entries */

namespace Shoal;

/**
 * Many readers or one writer. A waiting writer keeps new readers out, and lets those that waited in before the next
 * writer: neither starves. What a process holds is released when it ends, and when the request ends.
 *
 * @strict-properties
 */
final class RWLock
{
    public readonly string $name;

    /** Held by this process, and the last writer died writing: what it guards may be half-written. */
    public readonly bool $recovered;

    /** The writer: array{pid: int, thread: int, since: float, program: string, alive: bool, count: int}, null for nobody. */
    public readonly ?array $owner;

    /** The readers: a list of arrays like $owner; count says how often each reads. */
    public readonly array $readers;

    /** The waiters: a list of arrays like $owner. */
    public readonly array $waiters;

    /**
     * Made by Segment::rwlock().
     *
     * @implementation-alias Shoal\Handle::__construct
     */
    private function __construct() {}

    /**
     * Acquire it for reading; false when $timeout seconds passed first. null: wait as long as it takes; 0: do not wait.
     *
     * @throws LockError when this thread writes
     */
    public function read(?float $timeout = null): bool {}

    /**
     * Acquire it for writing; false when $timeout seconds passed first. null: wait as long as it takes; 0: do not wait.
     *
     * @throws LockError when this thread writes already, or reads: there is no upgrade
     */
    public function write(?float $timeout = null): bool {}

    /**
     * Release what this process holds.
     *
     * @throws LockError when it neither reads nor writes
     */
    public function unlock(): void {}

    /**
     * Go from writing to reading, with no other writer in between.
     *
     * @throws LockError when this process does not write
     */
    public function downgrade(): void {}

    /** Does this process read? */
    public function isReading(): bool {}

    /** Does this process write? */
    public function isWriting(): bool {}

    /** read(), call $callback with this lock, unlock() also after an exception or exit; returns what $callback returned. */
    public function readSynchronized(callable $callback): mixed {}

    /** write(), call $callback with this lock, unlock() also after an exception or exit; returns what $callback returned. */
    public function writeSynchronized(callable $callback): mixed {}

    /** @implementation-alias Shoal\Handle::__serialize */
    public function __serialize(): array {}

    /** @implementation-alias Shoal\Handle::__unserialize */
    public function __unserialize(array $data): void {}
}
