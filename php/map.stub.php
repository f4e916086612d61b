<?php

/** @generate-class-entries */

namespace Shoal;

/**
 * A hash map and a cache, of values by key, which all processes read and write. Keys are strings of 1 to 1024 bytes (an int is its
 * digits). A miss is null or a default, never a bare false. A time to live ($ttl) is in seconds; null: as the map's own $defaultTtl
 * says; INF: none. The map takes memory as it fills, up to $maxBytes; then it drops what is used least, or, without $evict, a set is
 * NoSpace.
 *
 * @strict-properties
 */
final class Map implements \ArrayAccess, \Countable, \IteratorAggregate
{
    public readonly string $name;

    public readonly bool $readonly;

    /** Bytes that it may have, with its index. */
    public readonly int $maxBytes;

    /** Seconds that a value is there for which none is said; null: no limit. */
    public readonly ?float $defaultTtl;

    public readonly bool $evict;

    /** The share of memory for items that were not used since they came. */
    public readonly float $small;

    /** Bytes that one value may have, as MessagePack. */
    public readonly int $limit;

    /** The waiters for another's computation: a list of array{pid: int, thread: int, since: float, program: string, alive: bool, count: int}. */
    public readonly array $waiters;

    /**
     * Made by Segment::map().
     *
     * @implementation-alias Shoal\Handle::__construct
     */
    private function __construct() {}

    /** A copy of the key's value, or $default when it is not there. */
    public function get(string $key, mixed $default = null): mixed {}

    /** Whether the key is there, also with null. */
    public function has(string $key): bool {}

    /**
     * Store a copy of the value, with up to 16 tags.
     *
     * @throws NoSpace when a map without eviction is full, or the value can never fit
     */
    public function set(string $key, mixed $value, ?float $ttl = null, array $tags = []): void {}

    /** set() if the key is not there; whether it was stored. */
    public function add(string $key, mixed $value, ?float $ttl = null, array $tags = []): bool {}

    /** set() if the key is there; whether it was stored. */
    public function replace(string $key, mixed $value, ?float $ttl = null, array $tags = []): bool {}

    /**
     * The value and its token, for cas() and delete(); null: the key is not there.
     *
     * @return array{value: mixed, token: int}|null
     */
    public function gets(string $key): ?array {}

    /** set() if the key has the value still that the token is of; whether it was stored. */
    public function cas(string $key, mixed $value, int $token, ?float $ttl = null, array $tags = []): bool {}

    /** Delete the key, with a token only if it has that value still; whether it was deleted. */
    public function delete(string $key, ?int $token = null): bool {}

    /** Delete the key and return its value, or $default: one of many who do that gets it. */
    public function pop(string $key, mixed $default = null): mixed {}

    /** Another time to live from now on; whether the key is there. */
    public function touch(string $key, ?float $ttl = null): bool {}

    /** Seconds that the key's value will be there still; INF: no limit; null: the key is not there. */
    public function ttl(string $key): ?float {}

    /**
     * Add $n to the integer, or to $initial where none is, which gets this $ttl; the new value. The time to live of one that is there stays.
     *
     * @throws \TypeError when the value is no integer
     * @throws \ArithmeticError when the result is none of 64 bits: nothing changes
     */
    public function increment(string $key, int $n = 1, int $initial = 0, ?float $ttl = null): int {}

    /** increment() by -$n. */
    public function decrement(string $key, int $n = 1, int $initial = 0, ?float $ttl = null): int {}

    /** The values of those keys that are there, by key; with a $default also of the others. */
    public function getMany(array $keys, mixed $default = UNKNOWN): array {}

    /** set() each. */
    public function setMany(array $values, ?float $ttl = null): void {}

    /** Delete them; how many were there. */
    public function deleteMany(array $keys): int {}

    /**
     * The key's value; if there is none, what $compute() returns, which is stored. One process computes, others wait; if it dies another
     * computes. With $stale a value whose time ended up to so many seconds ago is returned while another computes.
     */
    public function getOrSet(string $key, callable $compute, ?float $ttl = null, ?float $stale = null): mixed {}

    /** Drop everything, at once; with a prefix the keys that begin so, which looks at every key. */
    public function clear(?string $prefix = null): void {}

    /** Drop all that was set with this tag, at once. */
    public function invalidate(string $tag): void {}

    /**
     * Sizes in bytes, and counts since it was made.
     *
     * @return array{items: int, max_bytes: int, used: int, live: int, dead: int, free: int, index: int, hits: int, misses: int, evicted: int, expired: int, moved: int, shards: int, flights: int}
     */
    public function stats(): array {}

    /** How many keys there are; those that expired count until their memory is wanted. */
    public function count(): int {}

    public function offsetGet(mixed $offset): mixed {}

    public function offsetSet(mixed $offset, mixed $value): void {}

    /** As isset() of an array: false for null. */
    public function offsetExists(mixed $offset): bool {}

    public function offsetUnset(mixed $offset): void {}

    /** The keys, each once that stays, and their values. */
    public function getIterator(): \Iterator {}

    /** @implementation-alias Shoal\Handle::__serialize */
    public function __serialize(): array {}

    /** @implementation-alias Shoal\Handle::__unserialize */
    public function __unserialize(array $data): void {}
}
