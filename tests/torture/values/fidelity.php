<?php
/* The other side of fidelity.py: fidelity.php SEGMENT SEED, a line for each thing to do, "done" when it is done. */

declare(strict_types=1);

[, $name, $seed] = $argv;
$segment = Shoal\open($name);
mt_srand((int) $seed);
$made = [];

/** Read v0, v1, … and store them as w0, w1, …. */
function echo_values(Shoal\Segment $segment, int $count): void
{
    for ($i = 0; $i < $count; $i++) {
        try {
            $segment["w$i"] = [true, $segment["v$i"]];
        } catch (Throwable $error) {
            $segment["w$i"] = [false, get_class($error), $error->getMessage()];
        }
    }
}

function some_string(): string
{
    $string = mt_rand(0, 2) ? random_text(mt_rand(0, 12)) : '';
    while (mt_rand(0, 3) === 0) {
        $string .= chr(mt_rand(0, 255));
    }
    return $string;
}

function random_text(int $length): string
{
    $text = '';
    for (; $length > 0; $length--) {
        $text .= mb_chr_of([mt_rand(0, 127), mt_rand(128, 0x7ff), mt_rand(0x800, 0xd7ff), mt_rand(0xe000, 0x10ffff)][mt_rand(0, 3)]);
    }
    return $text;
}

/** UTF-8 by hand: mbstring may not be there. */
function mb_chr_of(int $point): string
{
    return match (true) {
        $point < 0x80 => chr($point),
        $point < 0x800 => chr(0xc0 | $point >> 6) . chr(0x80 | $point & 63),
        $point < 0x10000 => chr(0xe0 | $point >> 12) . chr(0x80 | $point >> 6 & 63) . chr(0x80 | $point & 63),
        default => chr(0xf0 | $point >> 18) . chr(0x80 | $point >> 12 & 63) . chr(0x80 | $point >> 6 & 63) . chr(0x80 | $point & 63),
    };
}

function some_int(): int
{
    return match (mt_rand(0, 3)) {
        0 => PHP_INT_MAX - mt_rand(0, 2),
        1 => PHP_INT_MIN + mt_rand(0, 2),
        2 => (1 << mt_rand(0, 62)) + mt_rand(-1, 1),
        3 => mt_rand(-40, 300),
    };
}

function some_time(): DateTimeInterface
{
    $zone = new DateTimeZone(['UTC', 'Europe/Berlin', 'Asia/Kathmandu', '+13:45', '-11:30'][mt_rand(0, 4)]);
    $time = new DateTimeImmutable('2000-01-01', $zone);
    $time = $time->setDate([-5, 0, 1, 2, 1969, 2024, 9999, 10000, 300000][mt_rand(0, 8)], mt_rand(1, 12), mt_rand(1, 31));
    return $time->setTime(mt_rand(0, 25), mt_rand(0, 61), mt_rand(0, 61), [0, 1, 999999, -1, mt_rand(0, 999999)][mt_rand(0, 4)]);
}

function some_value(int $depth): mixed
{
    switch (mt_rand(0, $depth < 4 ? 9 : 6)) {
        case 0: return [null, true, false][mt_rand(0, 2)];
        case 1: return some_int();
        case 2: return unpack('d', pack('P', mt_rand(0, 1) ? some_int() : mt_rand() << 32 | mt_rand()))[1];
        case 3: return some_string();
        case 4: return random_text(mt_rand(0, 300));
        case 5: return new Shoal\Bytes(some_string());
        case 6: return some_time();
        case 7: return array_map(fn () => some_value($depth + 1), range(0, mt_rand(0, 4)));
    }
    $map = [];
    for ($n = mt_rand(0, 17); $n > 0; $n--) {
        $map[[some_string(), some_int(), (string) some_int()][mt_rand(0, 2)]] = some_value($depth + 1);
    }
    return $map;
}

/** Bytes come back as the string that they are. */
function as_read(mixed $value): mixed
{
    if ($value instanceof DateTimeInterface) {
        return 't' . $value->format('U.u');
    }
    return is_array($value) ? array_map('as_read', $value) : (is_float($value) ? 'f' . bin2hex(pack('E', $value)) : ($value instanceof Shoal\Bytes ? (string) $value : $value));
}

/** Store p0, p1, …, but what is refused for its time. */
function make_values(Shoal\Segment $segment, int $count): array
{
    $made = [];
    for ($i = 0; $i < $count; $i++) {
        $value = some_value(0);
        try {
            $segment["p$i"] = $value;
            $made[$i] = as_read($value);
        } catch (ArithmeticError $error) {
            str_contains($error->getMessage(), 'years 1 to 9999') or throw $error;
            unset($segment["p$i"]);
        }
    }
    return $made;
}

function compare_values(Shoal\Segment $segment, array $made): void
{
    $segment['differences'] = array_keys(array_filter($made, fn ($value, $i) => $value !== as_read($segment["p$i"]), ARRAY_FILTER_USE_BOTH));
}

while (($line = fgets(STDIN)) !== false) {
    [$do, $count] = explode(' ', trim($line));
    match ($do) {
        'echo' => echo_values($segment, (int) $count),
        'make' => $made = make_values($segment, (int) $count),
        'compare' => compare_values($segment, $made),
    };
    echo "done\n";
}
