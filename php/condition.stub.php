<?php

/** @generate-class-entries */

namespace Shoal;

/**
 * Waiting for changes that other processes make while they hold one Lock. No notification is lost: if the notified
 * waiter dies before it has the lock back, another waiter of that time gets the notification.
 *
 * @strict-properties
 */
final class Condition
{
    public readonly string $name;

    /** The Lock that it belongs to, for ever. */
    public readonly Lock $lock;

    /** The waiters: a list of array{pid: int, thread: int, since: float, program: string, alive: bool, count: int}. */
    public readonly array $waiters;

    /**
     * Made by Segment::condition().
     *
     * @implementation-alias Shoal\Handle::__construct
     */
    private function __construct() {}

    /**
     * Release the lock, sleep until notified, acquire it again; false when $timeout seconds passed first. null: wait as
     * long as it takes. The lock is held afterwards, also when it returns false and when the handler of a signal threw.
     *
     * @throws LockError when this process does not hold the lock
     */
    public function wait(?float $timeout = null): bool {}

    /** Wait until $predicate(), called with the lock held, is true; returns its last value: false when $timeout passed first. */
    public function waitFor(callable $predicate, ?float $timeout = null): mixed {}

    /**
     * Notify up to $n waiters, the longest waiting first; returns how many.
     *
     * @throws LockError when this process does not hold the lock
     */
    public function notify(int $n = 1): int {}

    /**
     * Notify all waiters; returns how many.
     *
     * @throws LockError when this process does not hold the lock
     */
    public function notifyAll(): int {}

    public function __serialize(): array {}

    public function __unserialize(array $data): void {}
}
