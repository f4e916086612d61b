<?php
/* For arguments.c: the calls that an input spells out, on a segment with one object of each kind. */
namespace Fuzz;

require __DIR__ . "/hostile.php";

function directory_of_segments(): string
{
    return getenv("SHOAL_DIR");
}

function empty_directory(array $but = []): void
{
    foreach (array_diff(scandir(directory_of_segments()), [".", ".."], $but) as $name) {
        @unlink(directory_of_segments() . "/" . $name);
    }
}

function make_world(): void
{
    foreach (World::$things as $each) {
        if ($each instanceof \Shoal\Segment) {
            $each->close();
        }
    }
    World::$things = [];
    empty_directory();
    $segment = World::$segment = \Shoal\create("standing", "2M");
    $segment["value"] = [1, "a" => [true, 1.5]];
    $segment["big"] = str_repeat("x", 5000);
    $lock = $segment->lock("lock");
    World::$things = [
        "segment" => $segment, "grid" => $segment->array("grid", [3, 2], "f8"), "bytes" => $segment->array("bytes", [4], "S3"),
        "cube" => $segment->array("cube", [2, 2, 2], "i1"), "complex" => $segment->array("complex", [2], "c16"),
        "unsigned" => $segment->array("unsigned", [2], "u8"), "none" => $segment->array("none", [], "f4"),
        "counter" => $segment->counter("counter"), "lock" => $lock, "rlock" => $segment->lock("rlock", true),
        "strict" => $segment->lock("strict", false, true), "rwlock" => $segment->rwlock("rwlock"),
        "semaphore" => $segment->semaphore("semaphore", 2), "signal" => $segment->semaphore("signal", 0, false),
        "event" => $segment->event("event"), "condition" => $segment->condition("condition", $lock),
        "barrier" => $segment->barrier("barrier", 2), "value" => new \Shoal\Bytes("x"),
    ];
    $readonly = \Shoal\open("standing", true);
    World::$things += ["readonly" => $readonly, "readonly grid" => $readonly["grid"], "readonly counter" => $readonly["counter"],
        "readonly lock" => $readonly["lock"], "iterator" => $segment->getIterator(), "rows" => World::$things["grid"]->getIterator()];
    World::$count = count($segment);
    World::$files = scandir(directory_of_segments());
}

function until_it_fails(callable $call): void
{
    try {
        for ($i = 0; $i < 1000; $i++) {
            $call();
        }
    } catch (\Shoal\Exception) {
    }
}

/** After an input: nothing is held, and all is there. */
function tidy(): void
{
    $things = World::$things;
    foreach (["lock", "rlock", "strict"] as $name) {
        until_it_fails($things[$name]->release(...));
    }
    until_it_fails($things["rwlock"]->unlock(...));
    until_it_fails($things["semaphore"]->release(...));
    if ($things["segment"]->closed || $things["readonly"]->closed || count($things["segment"]) != World::$count) {
        make_world();
        return;
    }
    $things["barrier"]->reset();
    $things["event"]->clear();
    World::$things["iterator"] = $things["segment"]->getIterator();
    World::$things["rows"] = $things["grid"]->getIterator();
    if (scandir(directory_of_segments()) != World::$files) {
        empty_directory(World::$files);
        if (scandir(directory_of_segments()) != World::$files) {
            make_world();
        }
    }
}

// ---- What there is to call --------------------------------------------------------------------------

/** [class or "" => list of closures of (receiver, arguments)], by reflection. */
function find_calls(): array
{
    $extension = new \ReflectionExtension("shoal");
    $calls = ["" => []];
    foreach ($extension->getFunctions() as $name => $_) {
        $calls[""][] = fn($receiver, $arguments) => $name(...$arguments);
    }
    foreach ($extension->getClasses() as $class) {
        $list = [];
        if ($class->isInterface() || $class->implementsInterface(\Throwable::class)) {
            continue;
        }
        foreach ($class->getMethods() as $method) {
            $name = $method->getName();
            if ($method->isPublic() && !$method->isConstructor()) {
                $list[] = fn($receiver, $arguments) => $receiver->$name(...$arguments);
            }
        }
        foreach ($class->getProperties() as $property) {
            array_push($list, ...of_property($property->getName()));
        }
        $calls[$class->getName()] = $list;
        $made = fn() => $class->newInstance();
        $calls[""][] = fn($receiver, $arguments) => $class->newInstanceArgs($arguments);
        $calls[""][] = fn($receiver, $arguments) => $class->newInstanceWithoutConstructor();
        $calls[""][] = fn($receiver, $arguments) => unserialize(sprintf('O:%d:"%s":%s', strlen($class->getName()), $class->getName(),
            substr(serialize($arguments), 2)));
    }
    return $calls;
}

function of_property(string $name): array
{
    return [
        fn($r, $a) => $r->$name, function ($r, $a) use ($name) { $r->$name = $a[0] ?? null; }, fn($r, $a) => isset($r->$name),
        fn($r, $a) => empty($r->$name), function ($r, $a) use ($name) { unset($r->$name); },
        function ($r, $a) use ($name) { $x = &$r->$name; $x = 1; }, function ($r, $a) use ($name) { $r->$name[$a[0] ?? 0] = 1; },
    ];
}

/** What the language can do with any object. */
function operators(): array
{
    return [
        fn($r, $a) => $r[$a[0] ?? null], function ($r, $a) { $r[$a[0] ?? 0] = $a[1] ?? null; }, function ($r, $a) { $r[] = $a[0] ?? null; },
        fn($r, $a) => isset($r[$a[0] ?? 0]), fn($r, $a) => empty($r[$a[0] ?? 0]), function ($r, $a) { unset($r[$a[0] ?? 0]); },
        function ($r, $a) { $r[$a[0] ?? 0][$a[1] ?? 0] = $a[2] ?? 1; }, function ($r, $a) { $x = &$r[$a[0] ?? 0]; $x = 1; },
        function ($r, $a) { $r[$a[0] ?? 0] .= "x"; }, function ($r, $a) { $r[$a[0] ?? 0]++; }, fn($r, $a) => $r[$a[0] ?? 0] ?? $a[1] ?? 1,
        function ($r, $a) { foreach ($r as $k => $v) { if (($a[0] ?? 0) === $k) { World::$segment?->close(); } } },
        function ($r, $a) { foreach ($r as $k => &$v) { $v = 1; } }, fn($r, $a) => [...$r], fn($r, $a) => iterator_to_array($r),
        function ($r, $a) { [$x, $y] = $r; return [$x, $y]; }, fn($r, $a) => count($r), fn($r, $a) => (string) $r, fn($r, $a) => (int) $r,
        fn($r, $a) => (float) $r, fn($r, $a) => (array) $r, fn($r, $a) => (object) $r, fn($r, $a) => $r == ($a[0] ?? null),
        fn($r, $a) => $r <=> ($a[0] ?? null), fn($r, $a) => $r + ($a[0] ?? 1), fn($r, $a) => clone $r, fn($r, $a) => serialize($r),
        fn($r, $a) => unserialize(serialize($r)), fn($r, $a) => print_r($r, true), fn($r, $a) => var_export($r, true),
        fn($r, $a) => json_encode($r), fn($r, $a) => get_object_vars($r), fn($r, $a) => $r->{"new"}, function ($r, $a) { $r->{"new"} = 1; },
        fn($r, $a) => $r(...$a), fn($r, $a) => spl_object_id($r), fn($r, $a) => \WeakReference::create($r), fn($r, $a) => serialize([$r, $r]),
        fn($r, $a) => $r->current(), fn($r, $a) => $r->key(), fn($r, $a) => $r->valid(), fn($r, $a) => $r->next(), fn($r, $a) => $r->rewind(),
        fn($r, $a) => $r->getIterator(), fn($r, $a) => array_map($a[0] ?? "count", [$r]), fn($r, $a) => in_array($a[0] ?? null, [$r]),
        fn($r, $a) => array_key_exists($a[0] ?? 0, (array) $r), function ($r, $a) { $r->close(); },
    ];
}

function calls_of(mixed $receiver): array
{
    World::$calls = World::$calls ?: find_calls();
    return World::$calls[is_object($receiver) ? get_class($receiver) : ""] ?? [];
}

const NAMES = ["name", "size", "mode", "group", "lifetime", "owner", "readonly", "timeout", "n", "callback", "shape", "dtype", "initial", "unknown",
    "reentrant", "strict", "value", "bounded", "lock", "parties", "predicate", "action", "default", "data"];

/** What is called now: for a person who replays an input with FUZZ_TRACE=1. */
function trace(mixed $receiver, \Closure $call, array $arguments): void
{
    $about = new \ReflectionFunction($call);
    $names = [...$about->getStaticVariables(), "line" => $about->getStartLine()];
    unset($names["class"], $names["made"]);
    $shown = array_map(fn($each) => is_object($each) ? get_class($each) : (is_array($each) ? "array " . count($each) : var_export($each, true)), $arguments);
    file_put_contents("php://stderr", get_debug_type($receiver) . " " . json_encode($names) . " (" . implode(", ", $shown) . ")\n");
}

function one_call(Bytes $bytes): void
{
    static $operators = null;
    $operators ??= operators();
    $receiver = $bytes->below(3) == 0 ? $bytes->pooled() : $bytes->of([...array_values(World::$things), null]);
    $calls = calls_of($receiver);
    $which = $bytes->below(count($calls) + ($receiver === null ? 0 : 40));
    $call = $calls[$which] ?? $bytes->of($operators);
    $arguments = [];
    for ($count = $bytes->below(5); $count > 0; $count--) {
        $value = $bytes->value();
        if ($bytes->below(16) == 15) {
            $arguments[$bytes->of(NAMES)] = $value;
        } elseif (array_is_list($arguments)) {
            $arguments[] = $value;
        }
    }
    if (World::$trace) {
        trace($receiver, $call, $arguments);
    }
    try {
        $bytes->keep($call($receiver, $arguments));
    } catch (\Throwable $thrown) {
        judge($thrown);
    }
}

/** Only what was promised, or what PHP itself throws. */
function judge(\Throwable $thrown): void
{
    for (; $thrown; $thrown = $thrown->getPrevious()) {
        if ($thrown instanceof \AssertionError || $thrown instanceof \CompileError) {
            World::$things["broken promise"] = get_class($thrown) . ": " . $thrown->getMessage();
        }
    }
}

/** Null, or what is wrong. */
function one(string $input): ?string
{
    $bytes = new Bytes($input);
    try {
        for ($i = 0; $i < 12 && $bytes->left(); $i++) {
            one_call($bytes);
        }
    } catch (\Throwable $thrown) {
        judge($thrown);
    }
    unset($bytes);
    for ($tries = 0; ; $tries++) {
        try {
            tidy();
            return World::$things["broken promise"] ?? null;
        } catch (\Throwable $thrown) { // a destructor's
            if ($tries == 5) {
                return "the world cannot be tidied up: " . get_class($thrown) . ": " . $thrown->getMessage();
            }
        }
    }
}

World::$trace = (bool) getenv("FUZZ_TRACE");
make_world();
