<?php

/** @generate-class-entries */

namespace Shoal;

/** The interface of all errors of Shoal's own. Wrong arguments are PHP's TypeError and ValueError. */
interface Exception extends \Throwable {}

/** There is no such segment, or no object of that name in it. */
class NotFound extends \RuntimeException implements Exception {}

/** A segment of that name exists already. */
class AlreadyExists extends \RuntimeException implements Exception {}

/** The object has another type, dtype, shape or parameters than asked for. */
class TypeMismatch extends \RuntimeException implements Exception {}

/** The segment, the host's memory or a fixed limit is full. */
class NoSpace extends \RuntimeException implements Exception {}

/** Not permitted, or owned by somebody else. */
class Denied extends \RuntimeException implements Exception {}

/** A write through a readonly attach. */
class ReadOnlyError extends \RuntimeException implements Exception {}

/** Not a segment, or damaged. */
class Corrupt extends \RuntimeException implements Exception {}

/** A segment of another format version. */
class VersionMismatch extends \RuntimeException implements Exception {}

/** A deadline passed where there is no boolean to return. */
class Timeout extends \RuntimeException implements Exception {}

/** The owner of a strict lock died, and repair() was not called yet. */
class OwnerDied extends \RuntimeException implements Exception {}

/** This process holds the lock already, or does not hold it, or waiting for it would be a deadlock. */
class LockError extends \RuntimeException implements Exception {}

/** The barrier is broken, or was reset while waiting at it. */
class BrokenBarrier extends \RuntimeException implements Exception {}

/** The queue has no room for it, and the deadline passed. */
class Full extends \RuntimeException implements Exception {}

/** The queue was shut down. */
class ShutDown extends \RuntimeException implements Exception {}

/** Used after close. */
class Closed extends \RuntimeException implements Exception {}

/** The operating system refused. */
class SystemError extends \RuntimeException implements Exception {}
