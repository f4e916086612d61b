<?php

/** @generate-class-entries */

namespace Shoal;

/**
 * Messages for everybody, the oldest of which are written over. foreach goes on with read() for ever, with the messages' numbers
 * as keys. Reading works through a readonly attach as well.
 *
 * @strict-properties
 */
final class Stream implements \IteratorAggregate
{
    public readonly string $name;

    public readonly bool $readonly;

    /** Bytes of its ring, a power of two. */
    public readonly int $capacity;

    /** Bytes that one message may have, as MessagePack. */
    public readonly int $limit;

    /** The number of the oldest message that is there; newest + 1 if none is. */
    public readonly int $oldest;

    /** The number of the newest message; 0 before the first. */
    public readonly int $newest;

    /** How many messages were written over before they were read by this handle. */
    public readonly int $missed;

    /** The number of the message that this handle read last; 0 before the first. */
    public readonly int $number;

    /** The waiters: a list of array{pid: int, thread: int, since: float, program: string, alive: bool, count: int}. */
    public readonly array $waiters;

    /**
     * Made by Segment::stream().
     *
     * @implementation-alias Shoal\Handle::__construct
     */
    private function __construct() {}

    /**
     * Send a message to all readers; returns its number. It waits only for others who are just sending.
     *
     * @throws Timeout when one of them was stopped for $timeout seconds
     */
    public function send(mixed $value, ?float $timeout = null): int {}

    /**
     * The next message of this handle, which began with those that were sent after it was opened. null: wait as long as it takes;
     * 0: do not wait.
     *
     * @throws Timeout when none came in $timeout seconds
     * @throws Corrupt once, for a message that is damaged
     */
    public function read(?float $timeout = null): mixed {}

    /** A reader with a place of its own: behind the newest message, or at the oldest that is there. */
    public function reader(bool $fromStart = false): StreamReader {}

    public function getIterator(): \Iterator {}

    /** @implementation-alias Shoal\Handle::__serialize */
    public function __serialize(): array {}

    public function __unserialize(array $data): void {}
}

/**
 * A place in a stream, from which messages are read.
 *
 * @strict-properties
 * @not-serializable
 */
final class StreamReader implements \IteratorAggregate
{
    /** The stream that it reads. */
    public readonly Stream $stream;

    /** How many messages were written over before they were read here. */
    public readonly int $missed;

    /** The number of the message that was read here last; 0 before the first. */
    public readonly int $number;

    /**
     * Made by Stream::reader().
     *
     * @implementation-alias Shoal\Handle::__construct
     */
    private function __construct() {}

    /**
     * The next message at this place. null: wait as long as it takes; 0: do not wait.
     *
     * @throws Timeout when none came in $timeout seconds
     * @throws Corrupt once, for a message that is damaged
     */
    public function read(?float $timeout = null): mixed {}

    /** @implementation-alias Shoal\Stream::getIterator */
    public function getIterator(): \Iterator {}
}
