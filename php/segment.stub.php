<?php

/** @generate-class-entries */

namespace Shoal;

/**
 * One region of shared memory with named objects in it. $segment["name"] is a copy of a value, or the handle of a
 * live object (NdArray, Counter, Lock, …); assigning stores a value.
 *
 * @strict-properties
 */
final class Segment implements \ArrayAccess, \Countable, \IteratorAggregate
{
    /** As given to create() or open(); "" when anonymous. */
    public readonly string $name;

    /** The bytes that the segment may take at most. */
    public readonly int $size;

    /** Bytes in use by objects and tables. */
    public readonly int $used;

    public readonly bool $readonly;

    public readonly bool $closed;

    /** Made by Shoal\create(), Shoal\open() and Shoal\open_or_create(). */
    private function __construct() {}

    /** Like $segment[$name], but $default where there is none. */
    public function get(string $name, mixed $default = null): mixed {}

    /**
     * Open the array. With a shape: if there is none, make it of zeros; TypeMismatch if it has another shape or dtype.
     *
     * @param int[]|null $shape
     * @param string|null $dtype numpy's name or short code; null with a shape: "float64"
     */
    public function array(string $name, ?array $shape = null, ?string $dtype = null): NdArray {}

    /** Open the counter, or make it with the value $initial. */
    public function counter(string $name, int $initial = 0): Counter {}

    /** Open the lock, or make it. */
    public function lock(string $name, bool $reentrant = false, bool $strict = false): Lock {}

    /**
     * Open the Map of that name, or make it. null: whatever is there, or 16 MiB, no time to live (INF), true, 0.125. See Map.
     *
     * @throws TypeMismatch when it has other parameters
     */
    public function map(string $name, int|string|null $maxBytes = null, ?float $ttl = null, ?bool $evict = null, ?float $small = null): Map {}

    /** Open the locks by key, or make them: $segment->locks("orders")["17"] is a lock. */
    public function locks(string $name, bool $reentrant = false, bool $strict = false): Locks {}

    /** Open the lock of many readers or one writer, or make it. */
    public function rwlock(string $name): RWLock {}

    /** Open the semaphore, or make it, with $value permits; not bounded: with that count, which any process may raise. */
    public function semaphore(string $name, int $value = 1, bool $bounded = true): Semaphore {}

    /** Open the event, or make it, not set. */
    public function event(string $name): Event {}

    /** Open the condition of that lock, or make it. */
    public function condition(string $name, Lock $lock): Condition {}

    /** Open the barrier of that many parties, or make it. */
    public function barrier(string $name, int $parties): Barrier {}

    /**
     * Open the queue, or make it; "1M" when nothing is said. With $jobs true: as jobQueue(); null: a queue of jobs if one is there.
     *
     * @param int|string|null $capacity bytes, or "1M"
     */
    public function queue(string $name, int|string|null $capacity = null, ?bool $jobs = null, ?int $attempts = null, ?float $lease = null): Queue|JobQueue {}

    /**
     * Open the queue of jobs, or make it. Where nothing is said: as it is, or "1M", 3 attempts (0: any number), no lease.
     *
     * @param int|string|null $capacity bytes, or "1M"
     * @param float|null $lease seconds after which a job that is taken is given to another
     */
    public function jobQueue(string $name, int|string|null $capacity = null, ?int $attempts = null, ?float $lease = null): JobQueue {}

    /** Open the stream, or make it. $capacity: bytes of its ring, rounded up to a power of two; null: as it is, or "1M". */
    public function stream(string $name, int|string|null $capacity = null): Stream {}

    /**
     * Open the channel of frames. With a shape, or a number of bytes: if there is none, make it, with 8 slots and a history of 1 unless
     * they are given; TypeMismatch if it has others. With a capacity it is a stream of values.
     *
     * @param int[]|null $shape
     * @param string|null $dtype numpy's name or short code; null with a shape: "float64"
     * @param int|string|null $bytes frames are bytes, up to so many, or values: "64K"
     */
    public function channel(string $name, ?array $shape = null, ?string $dtype = null, ?int $slots = null, ?int $history = null, int|string|null $bytes = null, int|string|null $capacity = null): Channel {}

    /** Facts: memory, peers, locks and their holders. */
    public function info(): array {}

    /**
     * Check it: a list of what is wrong, empty when sound. Never repairs.
     *
     * @return list<string>
     */
    public function check(): array {}

    /** Write a sound copy of a segment that others may be writing, as the file $path; AlreadyExists if that file exists. */
    public function backup(string $path, bool $overwrite = false): void {}

    /** Detach. Objects got from it stay usable; the segment itself is Closed. */
    public function close(): void {}

    /** Unlink its name; attached processes keep their memory. */
    public function unlink(): void {}

    /** The descriptor of its memory, for a process to inherit; it belongs to the segment. */
    public function fileno(): int {}

    /** @param string $offset */
    public function offsetExists(mixed $offset): bool {}

    /** @param string $offset */
    public function offsetGet(mixed $offset): mixed {}

    /** @param string $offset */
    public function offsetSet(mixed $offset, mixed $value): void {}

    /** @param string $offset */
    public function offsetUnset(mixed $offset): void {}

    /** How many objects it has. */
    public function count(): int {}

    /** Names => values and handles; the names are those at the start. */
    public function getIterator(): \Iterator {}

    public function __serialize(): array {}

    public function __unserialize(array $data): void {}
}
