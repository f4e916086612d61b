<?php

/** @generate-class-entries */

namespace Shoal;

/**
 * Waiting for what others change under one Lock. No notification is lost: if the one who was notified dies before it
 * has the lock back, another who waited at that time gets it.
 *
 * @strict-properties
 */
final class Condition
{
    public readonly string $name;

    /** The one it belongs to, for good. */
    public readonly Lock $lock;

    /** Who waits: a list of array{pid: int, thread: int, since: float, program: string, alive: bool, count: int}. */
    public readonly array $waiters;

    /**
     * Made by Segment::condition().
     *
     * @implementation-alias Shoal\Handle::__construct
     */
    private function __construct() {}

    /**
     * Let go of the lock, sleep until notified, take it back; false when $timeout seconds passed first. null: wait as
     * long as it takes. The lock is held afterwards, also when it returns false and when the handler of a signal threw.
     *
     * @throws LockError when this process does not hold the lock
     */
    public function wait(?float $timeout = null): bool {}

    /** Until $predicate() is true, called with the lock held; returns what it returned last: false by then, or so. */
    public function waitFor(callable $predicate, ?float $timeout = null): mixed {}

    /**
     * Wake up to $n who wait, the longest waiting first; returns how many.
     *
     * @throws LockError when this process does not hold the lock
     */
    public function notify(int $n = 1): int {}

    /**
     * Wake all who wait; returns how many.
     *
     * @throws LockError when this process does not hold the lock
     */
    public function notifyAll(): int {}

    public function __serialize(): array {}

    public function __unserialize(array $data): void {}
}
