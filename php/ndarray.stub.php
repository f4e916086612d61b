<?php

/** @generate-class-entries */

namespace Shoal;

/**
 * An n-dimensional array of one dtype: shared memory, a view of it, or (read from a value) private memory.
 *
 * An index is an int (negative: from the end) or a list of ints. With one int for each dimension it means an
 * element, with fewer a view. Elements are bool, int, float, string (dtype S), [re, im] (complex); a uint64 above
 * PHP_INT_MAX is a string of digits.
 *
 * @strict-properties
 */
final class NdArray implements \ArrayAccess, \Countable, \IteratorAggregate
{
    /** null for private memory. */
    public readonly ?string $name;

    /** list<int> */
    public readonly array $shape;

    /** numpy's name: "float64", "S12". */
    public readonly string $dtype;

    public readonly int $ndim;

    /** How many elements there are. */
    public readonly int $size;

    public readonly int $nbytes;

    public readonly int $itemsize;

    /** list<int>, in bytes. */
    public readonly array $strides;

    public readonly bool $readonly;

    /** Made by Segment::array(). */
    private function __construct() {}

    /** A nested list of all elements; of an array without dimensions a list of its one element. */
    public function toArray(): array {}

    /** The raw bytes of all elements, in C order and native byte order. */
    public function pack(): string {}

    /** Set all elements from raw bytes, as of pack(). */
    public function unpack(string $bytes): void {}

    /** Set all elements from a nested list or an array of equal shape; nothing changes when one does not fit. */
    public function assign(array|NdArray $values): void {}

    /** Set every element to $value. */
    public function fill(mixed $value): void {}

    /** The element at $index, or a view where there are fewer indices than dimensions. */
    public function get(int ...$index): mixed {}

    /** Set the element at $index; with fewer indices than dimensions: fill or assign that part. */
    public function set(mixed $value, int ...$index): void {}

    /**
     * A view. One range for each dimension: [start, stop], [start, stop, step] as Python's slices (null: open end,
     * negative: from the end, clipped), null or []: all of it, an int: only that one, without the dimension.
     */
    public function slice(mixed ...$ranges): NdArray {}

    public function sum(): mixed {}

    public function min(): mixed {}

    public function max(): mixed {}

    public function mean(): mixed {}

    /** @param int|int[] $offset */
    public function offsetExists(mixed $offset): bool {}

    /** @param int|int[] $offset */
    public function offsetGet(mixed $offset): mixed {}

    /** @param int|int[] $offset */
    public function offsetSet(mixed $offset, mixed $value): void {}

    /** @param int|int[] $offset */
    public function offsetUnset(mixed $offset): void {}

    /** The length of the first dimension. */
    public function count(): int {}

    /** Over the first dimension. */
    public function getIterator(): \Iterator {}

    public function __serialize(): array {}

    public function __unserialize(array $data): void {}
}
