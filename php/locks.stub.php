<?php

/** @generate-class-entries */

namespace Shoal;

/**
 * A lock for each key, for any number of keys: $locks["17"] is one. A key has memory only while somebody holds it or waits for it.
 * What a process holds is given up when it ends, and when the request ends, as with a Lock.
 *
 * @strict-properties
 */
final class Locks implements \ArrayAccess, \Countable, \IteratorAggregate
{
    public readonly string $name;

    /** May the holder of a key take it again? */
    public readonly bool $reentrant;

    /** Does acquire() throw OwnerDied after the death of a key's holder, until repair()? */
    public readonly bool $strict;

    /** The processes that hold or share keys: a list of arrays as Lock has for its owner; count says how many keys. */
    public readonly array $holders;

    /** The waiters for any key: a list of arrays like those of $holders. */
    public readonly array $waiters;

    /**
     * Made by Segment::locks().
     *
     * @implementation-alias Shoal\Handle::__construct
     */
    private function __construct() {}

    /**
     * One key, a string of 1 to 1024 bytes or an int, which is its digits: a KeyLock.
     *
     * @param string|int $offset
     */
    public function offsetGet(mixed $offset): KeyLock {}

    /** Is the key in memory: does somebody hold it or wait for it, or did its holder die? */
    public function offsetExists(mixed $offset): bool {}

    /** @throws \Error always: a key is taken, and not assigned */
    public function offsetSet(mixed $offset, mixed $value): void {}

    /** @throws \Error always: a key is released, and not removed */
    public function offsetUnset(mixed $offset): void {}

    /** How many keys are in memory. */
    public function count(): int {}

    /** The keys in memory: a list of strings. */
    public function keys(): array {}

    /** Over keys(). */
    public function getIterator(): \Iterator {}

    /** @implementation-alias Shoal\Handle::__serialize */
    public function __serialize(): array {}

    /** @implementation-alias Shoal\Handle::__unserialize */
    public function __unserialize(array $data): void {}
}

/**
 * One key of a Locks: a lock that is held alone or shared. Made by $locks[$key].
 *
 * @strict-properties
 */
final class KeyLock
{
    public readonly Locks $locks;

    public readonly string $key;

    /** Held or shared by this process, and the last who held it alone died holding it: what it guards may be half-written. */
    public readonly bool $recovered;

    /** Who holds it alone: array{pid: int, thread: int, since: float, program: string, alive: bool, count: int}, null for nobody. */
    public readonly ?array $owner;

    /** How many share it. */
    public readonly int $sharing;

    /** How many wait for it. */
    public readonly int $waiting;

    /**
     * Made by $locks[$key].
     *
     * @implementation-alias Shoal\Handle::__construct
     */
    private function __construct() {}

    /**
     * Acquire it alone; false when $timeout seconds passed first. null: wait as long as it takes; 0: do not wait.
     *
     * @throws LockError when this process holds it already and the locks are not reentrant, when it shares it, or at a deadlock
     * @throws OwnerDied when the locks are strict and its last holder died
     */
    public function acquire(?float $timeout = null): bool {}

    /**
     * Share it, with any number of others; false when $timeout seconds passed first. null: wait as long as it takes; 0: do not wait.
     *
     * @throws LockError when this process holds it alone
     * @throws OwnerDied when the locks are strict and its last holder died
     */
    public function read(?float $timeout = null): bool {}

    /**
     * Release it, held alone or shared.
     *
     * @throws LockError when this process does neither
     */
    public function release(): void {}

    /** Held or shared by a live process, this one included? */
    public function isLocked(): bool {}

    /** Acquire it, call $callback with this key, release it also after an exception or exit; returns what $callback returned. */
    public function synchronized(callable $callback): mixed {}

    /** Share it, call $callback with this key, release it also after an exception or exit; returns what $callback returned. */
    public function readSynchronized(callable $callback): mixed {}

    /** Declare sound the data that this key guards, after its holder died. */
    public function repair(): void {}

    public function __serialize(): array {}

    public function __unserialize(array $data): void {}
}
