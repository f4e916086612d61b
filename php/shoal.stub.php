<?php

/** @generate-class-entries */

namespace Shoal;

/**
 * Create a segment: shared memory of at most `size` bytes that takes memory as objects are created.
 *
 * @param string|null $name "demo": POSIX shared memory; with a "/": a mapped file; null: anonymous memory
 * @param int|string $size bytes, or "64M", "1.5G"
 * @param int|null $mode permission bits; null: the setting shoal.mode, which is 0600
 * @param int|string|null $group the segment's group, by number or name
 * @param string $lifetime "persistent": until unlinked; "shared": until the last attached process is gone
 * @param bool $paths false: a plain name only, no path and no descriptor; for names that come from users
 * @throws AlreadyExists|NoSpace|Denied|\ValueError
 * @implementation-alias shoal_create
 */
function create(?string $name = null, int|string $size = "64M", ?int $mode = null, int|string|null $group = null, string $lifetime = "persistent", bool $paths = true): Segment {}

/**
 * Attach to a segment that exists.
 *
 * @param string|int $name its name, or the number of an inherited file descriptor
 * @param bool $readonly enforced by the kernel; needs only read permission
 * @param int|string|null $owner also accept a segment of this user ("any": of any user)
 * @param bool $paths false: a plain name only, no path and no descriptor; for names that come from users
 * @throws NotFound|Denied|Corrupt|VersionMismatch
 * @implementation-alias shoal_open
 */
function open(string|int $name, bool $readonly = false, int|string|null $owner = null, bool $paths = true): Segment {}

/**
 * Attach to the segment, or create it: racing processes get the same one.
 *
 * @implementation-alias shoal_open_or_create
 */
function open_or_create(string $name, int|string $size = "64M", ?int $mode = null, int|string|null $group = null, string $lifetime = "persistent", int|string|null $owner = null, bool $paths = true): Segment {}

/**
 * Unlink the name; attached processes keep their memory.
 *
 * @throws NotFound|Denied|Corrupt
 * @implementation-alias shoal_unlink
 */
function unlink(string $name, bool $paths = true): void {}

/**
 * Give up what the request holds: every lock, read, write and permit of this thread, as the end of a request does. Their next
 * takers see `recovered`. For workers whose request never ends. Returns how many there were.
 *
 * @implementation-alias shoal_release_all
 */
function release_all(): int {}

/**
 * The segments of this host that this process may read.
 *
 * @return list<array{name: string, size: int, used: int, committed: int, peers: int, owner: int, mode: int, lifetime: string, created: float, age: float}>
 * @implementation-alias shoal_segments
 */
function segments(): array {}
