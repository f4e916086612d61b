<?php

/** @generate-class-entries */

namespace Shoal;

/**
 * A queue: any number of processes put values, any number get them, first in, first out, each value at most once. A value that
 * was put stays until it is got, whoever dies. $capacity bounds the bytes that are in it.
 *
 * Large values change hands in pages of their own, and large arrays come out without a copy, as arrays over these pages.
 *
 * foreach gets values until the queue is shut and empty.
 *
 * @strict-properties
 */
final class Queue implements \Countable, \IteratorAggregate
{
    public readonly string $name;

    public readonly bool $readonly;

    /** In bytes. */
    public readonly int $capacity;

    /** Bytes of the capacity that are taken. */
    public readonly int $used;

    /** Was it shut down? */
    public readonly bool $isShutdown;

    /** The waiters: a list of array{pid: int, thread: int, since: float, program: string, alive: bool, count: int}. */
    public readonly array $waiters;

    /**
     * Made by Segment::queue().
     *
     * @implementation-alias Shoal\Handle::__construct
     */
    private function __construct() {}

    /**
     * Put a value; false when there was no room before $timeout seconds passed. null: wait as long as it takes; 0: do not wait.
     * An array that loan() gave, whole, is sent without a copy, and cannot be used any more.
     *
     * @throws ShutDown when the queue is shut
     */
    public function put(mixed $value, ?float $timeout = null): bool {}

    /**
     * Put these values, in their order; how many were put before $timeout seconds passed. The time that $values itself takes counts,
     * and after it no more are asked for.
     *
     * @throws ShutDown when the queue is shut; what was put before is in it
     */
    public function putMany(iterable $values, ?float $timeout = null): int {}

    /**
     * Get the next value.
     *
     * @throws Timeout when there was none before $timeout seconds passed
     * @throws ShutDown when the queue is shut, and empty
     */
    public function get(?float $timeout = null): mixed {}

    /**
     * Wait until there is a value; then get those that are there, up to $max. Empty when there was none before $timeout seconds passed.
     *
     * @return list<mixed>
     * @throws ShutDown when the queue is shut, and empty
     */
    public function getMany(int $max, ?float $timeout = null): array {}

    /**
     * Get the next value, or $default when there is none.
     *
     * @throws ShutDown when the queue is shut, and empty
     */
    public function tryGet(mixed $default = null): mixed {}

    /**
     * An array to be filled and put, without a copy then. What is in it at first is arbitrary.
     *
     * @param int[] $shape
     * @param string $dtype numpy's name or short code
     * @throws Timeout when others had the segment's memory for $timeout seconds
     */
    public function loan(array $shape, string $dtype = "float64", ?float $timeout = null): NdArray {}

    /** How many values are in it. */
    public function count(): int {}

    public function isEmpty(): bool {}

    /** Is there no room for even the shortest value? */
    public function isFull(): bool {}

    /** Shut it, for good: nothing is put any more; what is in it can be got, unless $immediate: then it is dropped. */
    public function shutdown(bool $immediate = false): void {}

    /** Numbers from 0 => values, until the queue is shut and empty. */
    public function getIterator(): \Iterator {}

    /** @implementation-alias Shoal\Handle::__serialize */
    public function __serialize(): array {}

    /** @implementation-alias Shoal\Handle::__unserialize */
    public function __unserialize(array $data): void {}
}
