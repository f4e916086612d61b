<?php
/*
 * A driver a kind: what the tests of PHP ask of all kinds, <kind>.php answers for its own. The words are those of driver.py.
 * The object is called "x". Lists of calls are lists of functions of a handle.
 */

declare(strict_types=1);

require_once __DIR__ . '/../php/segment.inc';

const KINDS = __FILE__;

final class Kind
{
    public function __construct(
        public readonly string $class,              // of its handles; a Value has none
        private readonly Closure $make,             // (segment, name): opens it, or makes it
        private readonly Closure $use,              // (handle): what it is for; true, and it is as before
        public readonly array $others = [],         // (segment, name): an existing one is a mismatch
        public readonly array $impossible = [],     // (segment, name): a ValueError, and none is made
        public readonly array $kept = [],           // properties that serializing keeps
        public readonly array $facts = [],          // the other properties; there are no more
        public readonly array $looks = [],          // calls that a readonly attach may make
        public readonly array $changes = [],        // calls that it is refused; none blocks for long
        public readonly array $refused = [],        // calls with impossible arguments, each with its exception; they change nothing
        public readonly bool $handle = true,        // two handles of one are equal, and none can be cloned
        public readonly bool $listed = true,        // info() has it among those that can be held or waited for
        public readonly array $holds = [],
        public readonly array $waits = [],
    ) {
    }

    public function make(Shoal\Segment $segment, string $name = 'x'): mixed
    {
        return ($this->make)($segment, $name);
    }

    public function use(mixed $handle): bool
    {
        return ($this->use)($handle);
    }

    /** What serializing keeps. */
    public function kept(object $handle): array
    {
        return array_map(fn ($name) => $handle->$name, ['name', ...$this->kept]);
    }
}

/** take() and give() it; alone() is what nobody can whom another keeps out. */
final class Hold
{
    public function __construct(
        private readonly Closure $open,             // (segment): its handle
        public readonly string $take,
        private readonly string $give,
        public readonly ?string $synchronized = null, // holds it while a callback runs, and gives back what that returns
        public readonly bool $tells = false,        // the next is told that its holder died
        public readonly string $kept = 'holds it',  // what a refused removal says of who has it
        private readonly ?string $strongest = null, // the way to take it that no other may hold beside
    ) {
    }

    public function handle(Shoal\Segment $segment): object
    {
        return ($this->open)($segment);
    }

    public function take(Shoal\Segment $segment, ?float $timeout = null): bool
    {
        return $this->handle($segment)->{$this->take}($timeout);
    }

    public function strongest(Shoal\Segment $segment, ?float $timeout = null): bool
    {
        return $this->handle($segment)->{$this->strongest ?? $this->take}($timeout);
    }

    public function give(Shoal\Segment $segment): void
    {
        $this->handle($segment)->{$this->give}();
    }

    /** Take it for a moment as nobody else may have it; whether it could. */
    public function alone(Shoal\Segment $segment, ?float $timeout = 0): bool
    {
        return $this->strongest($segment, $timeout) && $this->give($segment) === null;
    }

    public function synchronized(Shoal\Segment $segment, callable $callback): mixed
    {
        return $this->handle($segment)->{$this->synchronized}($callback);
    }

    public function recovered(Shoal\Segment $segment): bool
    {
        return $this->handle($segment)->recovered ?? false;
    }
}

/** hold() makes wait() block in other processes, free() ends that; wait() says whether it got it. */
final class Wait
{
    public function __construct(
        private readonly Closure $hold,             // (segment)
        private readonly Closure $wait,             // (segment, timeout)
        private readonly Closure $free,             // (segment)
        private readonly ?Closure $undo = null,     // (segment): give back what wait() took
        public readonly bool $readonly = false,     // a readonly attach may wait too
        public readonly bool $held = false,         // hold() is ended by the death of its process
        public readonly bool $tells = false,        // and wait() is told of that
        public readonly bool $passes = false,       // what a dead waiter was given goes to another
        private readonly ?Closure $count = null,    // (segment): how many wait
        private readonly ?Closure $told = null,     // (segment): was it told of that?
    ) {
    }

    /** Of one who wants to hold it, while somebody holds it so that he must wait. */
    public static function toHold(Hold $wanted, ?Hold $holder = null): self
    {
        $holder ??= $wanted;
        return new self(
            fn ($segment) => $holder->take($segment), fn ($segment, $timeout) => $wanted->take($segment, $timeout),
            fn ($segment) => $holder->give($segment), fn ($segment) => $wanted->give($segment), held: true, tells: $holder->tells, passes: true,
            told: fn ($segment) => $wanted->recovered($segment),
        );
    }

    public function hold(Shoal\Segment $segment): void
    {
        ($this->hold)($segment);
    }

    public function wait(Shoal\Segment $segment, ?float $timeout = null): bool
    {
        return ($this->wait)($segment, $timeout);
    }

    public function free(Shoal\Segment $segment): void
    {
        ($this->free)($segment);
    }

    public function undo(Shoal\Segment $segment): void
    {
        $this->undo === null || ($this->undo)($segment);
    }

    public function told(Shoal\Segment $segment): bool
    {
        return $this->told === null ? $segment['x']->recovered ?? false : ($this->told)($segment);
    }

    public function waiting(Shoal\Segment $segment): int
    {
        return $this->count === null ? count($segment['x']->waiters) : ($this->count)($segment);
    }
}

/** Of a wait whose last argument is its timeout. */
function refused_timeouts(string $method, mixed ...$before): array
{
    foreach ([[-1, 'ValueError'], [-0.5, 'ValueError'], [NAN, 'ValueError'], ['x', 'TypeError'], [[], 'TypeError']] as [$timeout, $error]) {
        $refused[] = [fn ($handle) => $handle->$method(...[...$before, $timeout]), $error];
    }
    return $refused;
}

/** The drivers by the names of their files. */
function kinds(): array
{
    static $kinds = [];
    foreach ($kinds ? [] : glob(__DIR__ . '/*.php') as $file) {
        if ($file !== __FILE__) {
            $kinds[basename($file, '.php')] = require $file;
        }
    }
    return $kinds;
}

/** Those with handles. */
function live(): array
{
    return array_filter(kinds(), fn ($kind) => $kind->class !== '');
}

function holds(): array
{
    return array_merge(...array_column(kinds(), 'holds'));
}

function waits(): array
{
    return array_merge(...array_column(kinds(), 'waits'));
}

/** True if they are the same, else what is not. */
function same(array $found, array $wanted): mixed
{
    return $found === $wanted ?: $found;
}

/** Call $test with each driver, a segment for it and its name; print of whom it does not say true, with its name. */
function of_each(array $drivers, callable $test): void
{
    foreach ($drivers as $name => $driver) {
        try {
            $said = $test($driver, fresh(), $name);
        } catch (Throwable $error) {
            $said = (string) $error;
        }
        $said === true || print "$name: " . json_encode($said, JSON_PARTIAL_OUTPUT_ON_ERROR | JSON_UNESCAPED_SLASHES) . "\n";
    }
    echo $drivers ? "all of them\n" : "there are none\n";
}

function until_one_waits(Wait $wait, Shoal\Segment $segment, int $count = 1): void
{
    until(fn () => $wait->waiting($segment) >= $count) || exit("nobody waits\n");
}

/** Whether the next one that waits is served, as if nothing had been. */
function serves(Wait $wait, Shoal\Segment $segment): bool
{
    isset($segment['x']->broken) && $wait->hold($segment);
    $next = start(fn () => exit($wait->wait($segment, 10) ? 0 : 1));
    until_one_waits($wait, $segment);
    $wait->free($segment);
    return reap($next) === 0;
}
