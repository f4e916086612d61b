<?php

/** @generate-class-entries */

namespace Shoal;

/**
 * A flag to wait for. isSet() and wait() work through a readonly attach as well.
 *
 * @strict-properties
 */
final class Event
{
    public readonly string $name;

    public readonly bool $readonly;

    /** The waiters: a list of array{pid: int, thread: int, since: float, program: string, alive: bool, count: int}. */
    public readonly array $waiters;

    /**
     * Made by Segment::event().
     *
     * @implementation-alias Shoal\Handle::__construct
     */
    private function __construct() {}

    /** Set the flag: present and later waiters go on, until the flag is cleared. */
    public function set(): void {}

    public function clear(): void {}

    public function isSet(): bool {}

    /**
     * Wait until the flag is set, or was set meanwhile; false when $timeout seconds passed first. null: wait as long as it
     * takes; 0: do not wait.
     */
    public function wait(?float $timeout = null): bool {}

    /** @implementation-alias Shoal\Handle::__serialize */
    public function __serialize(): array {}

    /** @implementation-alias Shoal\Handle::__unserialize */
    public function __unserialize(array $data): void {}
}
