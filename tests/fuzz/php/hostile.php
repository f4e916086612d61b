<?php
/*
 * Values of all sorts out of the bytes of an input, objects that misbehave among them; what there is to call in the
 * extension, found by reflection; and the calls. For the fuzz targets of the PHP binding.
 */
namespace Fuzz;

class Chosen extends \Exception {}
class Interrupted extends \Exception {}

final class World
{
    public static ?\Shoal\Segment $segment = null; // to be closed and changed under the caller's feet
    public static array $things = [];
    public static int $count = 0;
    public static array $files = [];
    public static array $calls = [];
    public static bool $busy = false, $trace = false;
    public static int $interrupts = 0;
}

// ---- What hostile objects do ----------------------------------------------------------------------

function act(int $number): void
{
    switch ($number % 9) {
        case 1:
            throw new Chosen("chosen");
        case 2:
            World::$segment?->close();
            break;
        case 3:
            foreach (World::$segment && !World::$segment->closed ? World::$segment : [] as $name => $_) {
                unset(World::$segment[$name]);
            }
            break;
        case 4:
            gc_collect_cycles();
            break;
        case 5:
            if (World::$segment && !World::$busy) {
                World::$busy = true;
                try {
                    World::$segment["again"] = [new \DateTimeImmutable(), "x" => [1]];
                } finally {
                    World::$busy = false;
                }
            }
            break;
        case 6:
            World::$things["lock"]?->acquire(0);
            break;
        case 7:
            throw new \TypeError("no");
    }
}

#[\AllowDynamicProperties]
class Thing implements \ArrayAccess, \IteratorAggregate, \Countable, \JsonSerializable, \Stringable
{
    public function __construct(public mixed $inner, public int $action) {}
    private function answer(): mixed { act($this->action); return $this->inner; }
    public function __toString(): string { $answer = $this->answer(); return is_string($answer) ? $answer : "text"; }
    public function __get($name) { return $this->answer(); }
    public function __isset($name) { return (bool) $this->action; }
    public function __call($name, $arguments) { return $this->answer(); }
    public static function __callStatic($name, $arguments) { return false; }
    public function __invoke(...$arguments) { return $this->answer(); }
    public function offsetExists($offset): bool { return true; }
    public function offsetGet($offset): mixed { return $this->answer(); }
    public function offsetSet($offset, $value): void { $this->answer(); }
    public function offsetUnset($offset): void { $this->answer(); }
    public function getIterator(): \Iterator { $this->answer(); return new \ArrayIterator([$this->inner]); }
    public function count(): int { $this->answer(); return 3; }
    public function jsonSerialize(): mixed { return $this->answer(); }
}

class Dying extends Thing
{
    public $me;
    public function __destruct() { $this->me = null; act($this->action); }
}

class Moment extends \DateTimeImmutable
{
    public function __construct() {} // the parent's is never called
}

class Waking
{
    public $seen;
    public $action = 0;
    public function __unserialize(array $data): void { $this->seen = $data; foreach ($data as $each) { probe($each); } }
}

/** Whatever may be done to any object. */
function probe(mixed $each): void
{
    foreach ([fn() => clone $each, fn() => count($each), fn() => (array) $each, fn() => $each == $each, fn() => (int) $each] as $do) {
        try {
            $do();
        } catch (\Throwable) {
        }
    }
}

enum Suit: string
{
    case Hearts = "h";
}

// ---- Bytes ------------------------------------------------------------------------------------------

final class Bytes
{
    private int $at = 0, $depth = 0;
    private array $pool = [];

    public function __construct(private string $bytes) {}
    public function left(): bool { return $this->at < strlen($this->bytes); }
    public function byte(): int { return $this->left() ? ord($this->bytes[$this->at++]) : 0; }
    public function below(int $limit): int { return $limit > 0 ? $this->byte() % $limit : 0; }
    public function small(): int { return ($this->byte() ^ 128) - 128; }
    public function of(array $list): mixed { return $list[$this->below(count($list))]; }
    public function keep(mixed $value): void { if (count($this->pool) < 24) $this->pool[] = $value; }
    public function pooled(): mixed { return $this->pool ? $this->of($this->pool) : null; }

    /** No path that leads out of the folder of this process. */
    public function text(): string
    {
        $length = min($this->below(40), strlen($this->bytes) - $this->at);
        $text = substr($this->bytes, $this->at, $length);
        $this->at += $length;
        return str_replace("/", "-", $text);
    }

    public function number(): int
    {
        if ($this->byte() & 1) {
            return unpack("q", str_pad(substr($this->bytes, $this->at, 8), 8, "\0"))[1] + 0 * ($this->at += 8);
        }
        $edge = $this->of([127, 255, 32767, 65535, 65536, 2147483647, 4294967295, 1 << 47, PHP_INT_MAX, PHP_INT_MIN, 1 << 62]);
        $number = $edge + $this->small();
        return is_int($number) ? $number : $edge;
    }

    public function float(): float
    {
        return $this->of([0.0, -0.0, 1.0, -1.0, 0.5, 1e-9, 1e300, NAN, INF, -INF, 9.3e9, 1e19, 1.5, 0.001]);
    }

    public function items(): array
    {
        $list = [];
        for ($count = $this->below(7); $count > 0; $count--) {
            $list[] = $this->value();
        }
        return $list;
    }

    public function map(): array
    {
        $map = [];
        for ($count = $this->below(6); $count > 0; $count--) {
            $key = $this->value();
            $map[is_int($key) || is_string($key) ? $key : "k$count"] = $this->value();
        }
        return $map;
    }

    /** By references: arrays that have themselves in them, or share what is in them. */
    public function tangled(): array
    {
        $list = $this->items();
        switch ($this->below(4)) {
            case 0: $list[] = &$list; break;
            case 1: $between = [&$list]; $list["in"] = $between; break;
            case 2: $one = $this->value(); $list = [&$one, &$one, "k" => &$one]; break;
            case 3: foreach ($list as &$each) {} break;
        }
        return $list;
    }

    public function chain(): mixed
    {
        $length = $this->below(256);
        $length = $length < 248 ? $length % 8 : 256 + $length;
        for ($value = $this->value(); $length > 0; $length--) {
            $value = $length % 3 ? [$value] : ["k" => $value];
        }
        return $value;
    }

    public function moment(): mixed
    {
        $text = $this->of(["now", "@0", "@-1", "@9223372036854775807", "0000-00-00", "9999-12-31 23:59:59.999999+14:00", "-9999-01-01", "2000-01-01 00:00:00.5 CET"]);
        $moment = $this->below(2) ? new \DateTime($text) : new \DateTimeImmutable($text);
        return match ($this->below(6)) {
            0 => $moment, 1 => $moment->setTime(0, 0, 0, $this->number()), 2 => $moment->setTimestamp($this->number()),
            3 => $moment->modify("+1 month"), 4 => new Moment(), 5 => $moment->getTimezone(),
        };
    }

    public function array(): mixed
    {
        $array = World::$things["grid"] ?? null;
        if (!$array) {
            return null;
        }
        return match ($this->below(7)) {
            0 => $array, 1 => $array->slice([null, null, -1]), 2 => clone $array, 3 => $array->slice(0),
            4 => $array->slice([1, 1]), 5 => unserialize(serialize(clone $array)), 6 => World::$things["bytes"],
        };
    }

    public function thing(): mixed
    {
        $action = $this->byte();
        $inner = $this->value();
        switch ($this->below(22)) {
            case 0: return new Thing($inner, $action);
            case 1: $dying = new Dying($inner, $action); $dying->me = $dying; return $inner;
            case 2: return [new Thing($inner, $action), "absent"];
            case 3: return [Thing::class, "absentStatic"];
            case 4: return fn(...$_) => (new Thing($inner, $action))->absent();
            case 5: return "Fuzz\\Thing::absent";
            case 6: return (new Thing($inner, $action))->count(...);
            case 7: return new \ArrayObject(is_array($inner) ? $inner : []);
            case 8: return \SplFixedArray::fromArray([1, 2, 3]);
            case 9: return Suit::Hearts;
            case 10: return (function () use ($inner) { yield $inner; })();
            case 11: return fopen("php://memory", "r+");
            case 12: $closed = fopen("php://memory", "r+"); fclose($closed); return $closed;
            case 13: return new \Shoal\Bytes(is_string($inner) ? $inner : "\xff");
            case 14: return (new \ReflectionClass(Thing::class))->newInstanceWithoutConstructor();
            case 15: return str_repeat(is_string($inner) && strlen($inner) <= 3000 ? $inner : "x", 3000);
            case 16: return new \stdClass();
            case 17: return new Chosen("an exception as a value");
            case 18: return unserialize('a:2:{i:0;O:11:"Fuzz\\Waking":1:{i:0;O:13:"Shoal\\NdArray":0:{}}i:1;i:2;}');
            case 19: return function (...$arguments) use ($action) { act($action); return $arguments[0] ?? null; };
            case 20: return new class($inner) { public function __construct(public mixed $inner) {} };
            default: return $inner instanceof \Traversable ? "strlen" : "Shoal\\segments";
        }
    }

    public function value(): mixed
    {
        if (++$this->depth > 10) {
            $this->depth--;
            return null;
        }
        try {
            return match ($this->below(24)) {
                0 => null, 1 => (bool) ($this->byte() & 1), 2, 3 => $this->small(), 4 => $this->number(), 5 => $this->float(),
                6 => $this->text(), 7, 8, 9 => $this->of(WORDS), 10 => $this->items(), 11 => $this->map(), 12 => $this->tangled(),
                13 => $this->chain(), 14 => $this->moment(), 15 => $this->array(), 16, 17, 18 => $this->thing(), 19, 20 => $this->pooled(),
                21 => $this->of(SHAPES), 22 => World::$things ? $this->of(array_values(World::$things)) : null, 23 => (string) $this->number(),
            };
        } catch (\Throwable) {
            return null;
        } finally {
            $this->depth--;
        }
    }
}

const WORDS = [
    "", "a", "grid", "bytes", "counter", "lock", "rlock", "rwlock", "semaphore", "signal", "event", "condition", "barrier", "value", "big",
    "no such", "n\0l", "\xff\xfe", "64M", "1K", "12", "-1", "any", "persistent", "shared", "root", "standing", "sysv:1", "float64", "f8",
    ">f8", "S5", "S0", "S99999999999", "int8", "?", "./other", "no/such/folder", "18446744073709551615", "name", "value", "...",
];
const SHAPES = [[], [0], [3], [2, 3], [-1], [2, -3], [1 << 40], [1 << 31, 1 << 31], [0, 1 << 62], [5000], ["x"], [[1]], [null, 2], [1, 2, 3, 4],
    [null, null, -1], [PHP_INT_MIN, PHP_INT_MAX, PHP_INT_MAX], [0, 2, PHP_INT_MIN], [1, 1], ["segment" => "standing", "name" => "grid"],
    ["segment" => "standing", "name" => "condition", "strict" => true], ["dtype" => "f8", "shape" => [2], "bytes" => "0123456789abcdef"],
    ["dtype" => "S99", "shape" => [1 << 40], "bytes" => ""], ["segment" => "standing", "readonly" => true], ["segment" => "a\0/b"]];

/** What encode.c stores. */
function tree(string $input): mixed
{
    return (new Bytes($input))->value();
}
