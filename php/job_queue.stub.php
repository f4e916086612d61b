<?php

/** @generate-class-entries */

namespace Shoal;

/**
 * A queue of work that is done at least once: a job is taken, and then done, or tried again. The job of a worker that dies is taken
 * by the next one at once. A job that was tried as often as the queue allows is dead, and stays until it is revived or dropped.
 *
 * @strict-properties
 */
final class JobQueue implements \Countable
{
    public readonly string $name;

    public readonly bool $readonly;

    /** Of the values of all jobs together, in bytes. */
    public readonly int $capacity;

    /** Bytes of the capacity that are taken. */
    public readonly int $used;

    /** How often a job is tried before it is dead; 0: any number of times. */
    public readonly int $attempts;

    /** After so many seconds a job that is taken is given to another, though its worker lives; null: never. */
    public readonly ?float $lease;

    /** How many jobs could be taken now. */
    public readonly int $ready;

    /** How many jobs are ready later. */
    public readonly int $delayed;

    /** How many jobs are being worked on. */
    public readonly int $taken;

    /** Was it shut down? */
    public readonly bool $isShutdown;

    /**
     * The workers that have jobs, and how many each: a list of
     * array{pid: int, thread: int, since: float, program: string, alive: bool, count: int}.
     */
    public readonly array $holders;

    /** The waiters: a list of arrays like those of $holders. */
    public readonly array $waiters;

    /**
     * Made by Segment::jobQueue().
     *
     * @implementation-alias Shoal\Handle::__construct
     */
    private function __construct() {}

    /**
     * Put a job, which is ready in $delay seconds; those of a higher priority (0 to 3) are taken first. False when there was no room
     * before $timeout seconds passed. null: wait as long as it takes; 0: do not wait.
     *
     * @throws ShutDown when the queue is shut
     */
    public function put(mixed $value, int $priority = 0, float $delay = 0, ?float $timeout = null): bool {}

    /**
     * Put these jobs, in their order; how many were put before $timeout seconds passed. The time that $values itself takes counts, and
     * after it no more are asked for.
     *
     * @throws ShutDown when the queue is shut; what was put before is in it
     */
    public function putMany(iterable $values, int $priority = 0, float $delay = 0, ?float $timeout = null): int {}

    /**
     * Take the next job; null when there was none before $timeout seconds passed. null: wait as long as it takes; 0: do not wait.
     *
     * @throws ShutDown when the queue is shut, and no job is ready, delayed or taken
     */
    public function take(?float $timeout = null): ?Job {}

    /**
     * Take job after job, and call $do with the value of each and its Job, until the queue is shut and nothing is left of it, or until
     * SIGTERM or SIGINT: then the present job is finished first. When $do returns the job is done. When it throws, the job is tried
     * again in $delay seconds.
     *
     * With $processes (command line only) so many workers are forked, each that dies is replaced, and the job of the dead goes to
     * another at once. $progress is called with the counts as they change.
     *
     * @return array{done: int, retried: int, dead: int, died: int, running: int, left: int, errors: list<string>}
     *   jobs that were done, given back, given up; workers that died, and that run; jobs that are left in the queue; what the last
     *   exceptions said
     */
    public function work(callable $do, int $processes = 0, ?callable $progress = null, float $delay = 0): array {}

    /** Wait until no job is ready, delayed or taken; false when $timeout seconds passed first. */
    public function join(?float $timeout = null): bool {}

    /** How many jobs could be taken now. */
    public function count(): int {}

    /** A copy of the value of the job that would be taken next, or $default when none is ready. */
    public function peek(mixed $default = null): mixed {}

    /**
     * The dead jobs. "reason" says how the last attempt ended ("died", "retried", "late", "buried"), "pid" of whom it was, "since" when
     * that was. "error": null, or why PHP cannot hold the value, which is null then.
     *
     * @return list<array{value: mixed, error: ?string, number: int, attempts: int, priority: int, pid: ?int, reason: ?string, since: float, put_at: float}>
     */
    public function dead(): array {}

    /** Make all dead jobs, or that of this number, ready, as if they had never been tried; how many. */
    public function revive(?int $number = null): int {}

    /** Drop all dead jobs, or that of this number; how many. */
    public function drop(?int $number = null): int {}

    /** Drop all jobs that are ready or delayed; how many. */
    public function purge(): int {}

    /**
     * Shut it, for good: nothing is put any more. The jobs in it are still taken, unless $immediate: then they are dropped, and what
     * is given back is dead.
     */
    public function shutdown(bool $immediate = false): void {}

    /** @implementation-alias Shoal\Handle::__serialize */
    public function __serialize(): array {}

    /** @implementation-alias Shoal\Handle::__unserialize */
    public function __unserialize(array $data): void {}
}
