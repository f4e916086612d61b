<?php

/** @generate-class-entries */

namespace Shoal;

/**
 * A signed 64-bit integer in shared memory that every process changes atomically.
 * An overflow is an ArithmeticError and changes nothing.
 *
 * @strict-properties
 */
final class Counter
{
    public readonly string $name;

    /** Its value now; (int) $counter gives the same. */
    public readonly int $value;

    public readonly bool $readonly;

    /** The waiters for a change: a list of arrays like Lock's $owner. */
    public readonly array $waiters;

    /**
     * Made by Segment::counter().
     *
     * @implementation-alias Shoal\Handle::__construct
     */
    private function __construct() {}

    /** Returns the new value. */
    public function add(int $n = 1): int {}

    /** Returns the new value. */
    public function sub(int $n = 1): int {}

    /** Returns the old value. */
    public function exchange(int $value): int {}

    /** If the value is $expected, set it to $desired; returns whether the value was set. */
    public function compareExchange(int $expected, int $desired): bool {}

    /** Wait until the value differs from $differsFrom; false when $timeout seconds passed first. */
    public function wait(int $differsFrom, ?float $timeout = null): bool {}

    /** @implementation-alias Shoal\Handle::__serialize */
    public function __serialize(): array {}

    /** @implementation-alias Shoal\Handle::__unserialize */
    public function __unserialize(array $data): void {}
}
