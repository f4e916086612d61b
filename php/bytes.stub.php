<?php

/** @generate-class-entries */

namespace Shoal;

/** A string to be stored as bytes (Python's bytes), even when it is valid UTF-8. Comes back as a string. */
final class Bytes implements \Stringable
{
    public readonly string $bytes;

    public function __construct(string $bytes) {}

    public function __toString(): string {}
}
