<?php
/*
 * Large strings beside memcpy, and 1 KiB over 10,000 keys beside apcu (where it is loaded), by turns, in one process:
 *
 *     php -d extension=$PWD/build/php/modules/shoal.so -d extension=apcu -d apc.enable_cli=1 -d apc.shm_size=256M bench/strings.php [ROUNDS]
 *
 * Medians, and the best of all rounds, in nanoseconds, less an empty loop's. apcu has everything in its favour: the hashes of its keys
 * and of its text are known. memcpy is FFI's, less the call itself, into two places by turns, which lie in their pages as those
 * of a put do: all three are in the processor's second cache.
 */
ini_set('memory_limit', '512M');
$rounds = (int) ($argv[1] ?? 31);

/** @param array<string, Closure(): void> $ways each does $times of it */
function measure(array $ways, int $rounds, int $times): array
{
    $took = [];
    for ($round = 0; $round < $rounds; $round++) {
        foreach ($ways as $name => $way) {
            $start = hrtime(true);
            $way();
            $took[$name][] = (hrtime(true) - $start) / $times;
        }
    }
    $found = [];
    foreach ($took as $name => $all) {
        sort($all);
        $found[$name] = [$all[intdiv(count($all), 2)], $all[0]];
    }
    return $found;
}

function show(string $title, array $found, string $nothing, ?string $measure): void
{
    echo "$title\n";
    foreach ($found as $name => [$median, $best]) {
        [$median, $best] = [$median - $found[$nothing][0], $best - $found[$nothing][1]];
        if ($name === $nothing) {
            continue;
        }
        $times = $measure === null ? '' : sprintf(
            '%8.2f %8.2f', $median / ($found[$measure][0] - $found[$nothing][0]), $best / ($found[$measure][1] - $found[$nothing][1]));
        printf("  %-24s %10.1f %10.1f %s\n", $name, $median, $best, $times);
    }
}

function large(int $size, int $rounds): void
{
    $segment = Shoal\create(null, '16M');
    $text = str_repeat('abcdefghijklmnop', intdiv($size, 16));
    $other = substr($text, 0, -1) . "\xff";
    $ffi = FFI::cdef('void *memcpy(char *, const char *, size_t);');
    $places = $ffi->new('char[' . 2 * ($size + 4096) . ']');
    $first = $ffi->cast('char *', $places);
    $to = [$first + 64 + 3, $first + $size + 4096 + 64 + 3];
    $source = $ffi->new("char[$size]");
    FFI::memcpy($source, $text, $size);
    FFI::memcpy($to[0], $text, $size);
    FFI::memcpy($to[1], $text, $size);
    $from = $ffi->cast('char *', $source);
    $times = max(20, intdiv(1 << 24, $size));
    $each = fn (Closure $do) => function () use ($do, $times) {
        for ($i = 0; $i < $times; $i++) {
            $do($i);
        }
    };
    $found = measure([
        'nothing' => $each(fn () => null),
        'a call of memcpy' => $each(fn ($i) => $ffi->memcpy($to[$i & 1], $from, 1)),
        'memcpy' => $each(fn ($i) => $ffi->memcpy($to[$i & 1], $from, $size)),
        'put, text' => $each(fn () => $segment['v'] = $text),
        'get' => $each(fn () => $segment['v']),
        'put, no text at its end' => $each(fn () => $segment['v'] = $other),
    ], $rounds, $times);
    foreach ([0, 1] as $i) {
        $found['memcpy'][$i] -= $found['a call of memcpy'][$i] - $found['nothing'][$i];
    }
    show("put of $size bytes: median, best; times memcpy", $found, 'nothing', 'memcpy');
}

function many(int $size, int $count, bool $shuffled, int $rounds): void
{
    $segment = Shoal\create(null, '256M');
    $apcu = function_exists('apcu_enabled') && apcu_enabled();
    $text = str_repeat('abcdefghijklmnop', intdiv($size, 16));
    $keys = array_map(fn ($i) => "key:$i", range(0, $count - 1));
    $known = array_flip([...$keys, $text]); /* computes the hashes */
    foreach ($keys as $key) {
        $segment[$key] = $text;
        $apcu && apcu_store($key, $text);
    }
    mt_srand(7);
    $shuffled && shuffle($keys);
    $ways = [
        'nothing' => function () use ($keys) { foreach ($keys as $key) { $value = $key; } },
        'shoal get' => function () use ($keys, $segment) { foreach ($keys as $key) { $value = $segment[$key]; } },
        'apcu_fetch' => function () use ($keys) { foreach ($keys as $key) { $value = apcu_fetch($key); } },
        'shoal set' => function () use ($keys, $segment, $text) { foreach ($keys as $key) { $segment[$key] = $text; } },
        'apcu_store' => function () use ($keys, $text) { foreach ($keys as $key) { apcu_store($key, $text); } },
    ];
    if (!$apcu) {
        unset($ways['apcu_fetch'], $ways['apcu_store']);
    }
    $title = "$size bytes, $count keys" . ($shuffled ? ', in no order' : ', in order');
    foreach ([['nothing', 'shoal get', 'apcu_fetch'], ['nothing', 'shoal set', 'apcu_store']] as $some) {
        $found = measure(array_intersect_key($ways, array_flip($some)), $rounds, $count);
        show("$title: median, best; times Shoal's", $found, 'nothing', $some[1]);
    }
    $apcu && apcu_clear_cache();
}

foreach ([4096, 16384, 65536, 131072] as $size) {
    large($size, $rounds);
}
foreach ([[64, 10], [64, 10000], [1024, 10], [1024, 10000]] as [$size, $count]) {
    many($size, $count, false, $rounds);
}
many(1024, 10000, true, $rounds);
