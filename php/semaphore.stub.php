<?php

/** @generate-class-entries */

namespace Shoal;

/**
 * Permits, each in the hands of the process that acquired it; what a process held comes back when it ends, and when the
 * request ends. Unbounded: a plain count that anybody may raise; nobody owns anything of it.
 *
 * @strict-properties
 */
final class Semaphore
{
    public readonly string $name;

    /** How many are free now. */
    public readonly int $value;

    /** How many it was made with; bounded: how many there are. */
    public readonly int $initial;

    /** Is releasing more than this process holds an error? */
    public readonly bool $bounded;

    /**
     * Who has permits, and how many: a list of
     * array{pid: int, thread: int, since: float, program: string, alive: bool, count: int}. Unbounded: always empty.
     */
    public readonly array $holders;

    /** Who waits: a list of arrays like those of $holders. */
    public readonly array $waiters;

    /**
     * Made by Segment::semaphore().
     *
     * @implementation-alias Shoal\Handle::__construct
     */
    private function __construct() {}

    /** Take one; false when $timeout seconds passed first. null: wait as long as it takes; 0: do not wait. */
    public function acquire(?float $timeout = null): bool {}

    /**
     * Give $n back, all or none.
     *
     * @throws LockError when it is bounded and this process does not hold as many
     */
    public function release(int $n = 1): void {}

    /** Take one, call $callback with this semaphore, release also after an exception or exit; returns what $callback did. */
    public function synchronized(callable $callback): mixed {}

    /** @implementation-alias Shoal\Handle::__serialize */
    public function __serialize(): array {}

    /** @implementation-alias Shoal\Handle::__unserialize */
    public function __unserialize(array $data): void {}
}
