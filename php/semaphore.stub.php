<?php

/** @generate-class-entries */

namespace Shoal;

/**
 * Permits, each held by the process that acquired it; a process's permits are free again when it ends, and when the
 * request ends. Unbounded: a plain count that any process may raise; nobody owns anything of it.
 *
 * @strict-properties
 */
final class Semaphore
{
    public readonly string $name;

    /** The number of permits that are free now. */
    public readonly int $value;

    /** The number it was created with; bounded: the number of permits. */
    public readonly int $initial;

    /** Is releasing more than this process holds an error? */
    public readonly bool $bounded;

    /**
     * The holders of permits, and how many each has: a list of
     * array{pid: int, thread: int, since: float, program: string, alive: bool, count: int}. Unbounded: always empty.
     */
    public readonly array $holders;

    /** The waiters: a list of arrays like those of $holders. */
    public readonly array $waiters;

    /**
     * Made by Segment::semaphore().
     *
     * @implementation-alias Shoal\Handle::__construct
     */
    private function __construct() {}

    /** Acquire one; false when $timeout seconds passed first. null: wait as long as it takes; 0: do not wait. */
    public function acquire(?float $timeout = null): bool {}

    /**
     * Release $n, all or none.
     *
     * @throws LockError when it is bounded and this process does not hold as many
     */
    public function release(int $n = 1): void {}

    /** Acquire one, call $callback with this semaphore, release it also after an exception or exit; returns what $callback returned. */
    public function synchronized(callable $callback): mixed {}

    /** @implementation-alias Shoal\Handle::__serialize */
    public function __serialize(): array {}

    /** @implementation-alias Shoal\Handle::__unserialize */
    public function __unserialize(array $data): void {}
}
