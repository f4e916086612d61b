<?php

/** @generate-class-entries */

namespace Shoal;

/**
 * Frames: the newest complete one for any number of readers, of any number of writers, none of which waits for another. A writer fills
 * a slot that nobody reads; a frame that is read stays as it is for as long as it, or an array of it, lives. foreach waits for one frame
 * after the other, and says by Frame::$missed how many went by in between.
 *
 * @strict-properties
 */
final class Channel implements \IteratorAggregate
{
    public readonly string $name;

    /** Of every frame; null: frames are bytes, of up to $bytes. */
    public readonly ?array $shape;

    /** Of every frame; null: frames are bytes. */
    public readonly ?string $dtype;

    /** The size of a frame, at most. */
    public readonly int $bytes;

    /** How many frames there is room for: those of the history, those that are read, and one for each writer. */
    public readonly int $slots;

    /** How many of the newest frames may be read. */
    public readonly int $history;

    /** The number of the newest frame; 0: there is none yet. */
    public readonly int $newest;

    /** How many frames went by between those that this handle has read. */
    public readonly int $missed;

    /** How often a writer, of any process, found no slot that was free. */
    public readonly int $dropped;

    public readonly bool $readonly;

    /** The waiters: a list of array{pid: int, thread: int, since: float, program: string, alive: bool, count: int}. */
    public readonly array $waiters;

    /**
     * Made by Segment::channel().
     *
     * @implementation-alias Shoal\Handle::__construct
     */
    private function __construct() {}

    /**
     * Let $fill write a frame, which is published when it returns, and dropped when it throws. $fill gets an NdArray that is writable until
     * then; what was in its memory before is still there. Never waits: false, and $fill is not called, when no slot is free.
     *
     * @param int|null $bytes of a channel of bytes: the size of this frame; null: as many as there may be
     */
    public function write(callable $fill, ?int $bytes = null): bool {}

    /** Publish a frame: a value, where frames are bytes; else an array of its shape and dtype. False when no slot is free. */
    public function send(mixed $value): bool {}

    /**
     * The newest frame; or, newer than number $newerThan, the oldest that is still there. Waits for one: null when $timeout seconds passed first.
     * null: wait as long as it takes; 0: do not wait. With $copy, and from a readonly attach, it is a copy in private memory.
     */
    public function read(?int $newerThan = null, ?float $timeout = null, bool $copy = false): ?Frame {}

    /** Numbers => frames, without an end: first the newest, then what comes. */
    public function getIterator(): \Iterator {}

    /** @implementation-alias Shoal\Handle::__serialize */
    public function __serialize(): array {}

    /** @implementation-alias Shoal\Handle::__unserialize */
    public function __unserialize(array $data): void {}
}
