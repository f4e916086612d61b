<?php

/** @generate-class-entries */

namespace Shoal;

/**
 * A frame of a Channel, as it was published. Its slot is written again only when it, and every array of it, is gone.
 *
 * @strict-properties
 * @not-serializable
 */
final class Frame
{
    /** 1 for the first that was ever published. */
    public readonly int $number;

    /** When it was published: seconds since 1970. */
    public readonly float $time;

    /** How many frames went by between the one before, of this reader, and this one. */
    public readonly int $missed;

    /** What is in it, readonly. Of a channel of bytes: those bytes, as uint8. */
    public readonly NdArray $array;

    /** A copy of what is in it: the value that was sent, where frames are bytes; else a detached NdArray. */
    public readonly mixed $value;

    /** Is it a copy in private memory, which takes no slot? */
    public readonly bool $copied;

    /** Made by Channel::read(). */
    private function __construct() {}
}
