<?php
// worker.php SEGMENT JOURNAL PLACE SEED MODE HEAP: a worker of the storm in PHP. journal.h says what it notes and when;
// operations.c does the same in C.
const KEYS = 6, ARRAYS = 2, SHARED_KEYS = 4, PERMITS = 2, MOST_BYTES = 2_000_000, READER = 1;
const RELEASE = 0, WRITERS = 1;
const OPERATIONS = 0, JUDGED = 1, OWN = 2, COUNTED = 4, PAIR = 6, WRITE = 8;
const IN_LOCK = 10, IN_WRITE = 11, IN_READ = 12, IN_PERMIT = 13, CHILDREN = 14, IDLED = 15;
const KEY = 20, ARRAYS_AT = 32;

[, $name, $path, $place, $seed, $mode] = $argv;
$place = (int) $place;
mt_srand((int) $seed & 0x7fffffff);
$journal = fopen($path, 'r+b');
stream_set_write_buffer($journal, 0); // one system call a word
stream_set_read_buffer($journal, 0);

function violation(string $what, mixed ...$details): never
{
    fwrite(STDOUT, "VIOLATION: $what " . json_encode($details) . " (PHP)\n");
    exit(3);
}

// ---- What a version is

function mixed(int $version): int
{
    return $version * 2654435761 & 0xffffffff;
}

function is_removal(int $version): bool
{
    return $version === 0 || mixed($version) >> 30 === 0;
}

function bytes_of(int $version): int
{
    $mix = mixed($version);
    return match ($mix >> 28) {
        4 => $mix % ($mix & 1 ? MOST_BYTES : 20000),
        5 => $mix % 200000,
        default => $mix % 3000,
    };
}

function length_of(int $version): int
{
    $mix = mixed($version);
    return 1 + match ($mix >> 28) {
        4 => $mix % ($mix & 1 ? 300000 : 3000),
        5 => $mix % 30000,
        default => $mix % 700,
    };
}

function payload(int $owner, int $key, int $version): array
{
    $unit = pack('V3', $owner, $key, $version);
    for ($i = 3; $i < 13; $i++) {
        $unit .= pack('V', $version * (2 * $i + 1) & 0xffffffff);
    }
    $size = bytes_of($version);
    return [$owner, $key, $version, new Shoal\Bytes(substr(str_repeat($unit, intdiv($size, 52) + 1), 0, $size))];
}

// ---- The journal

function get_word(int $at): int
{
    global $journal;
    fseek($journal, 4 * $at);
    return unpack('V', fread($journal, 4))[1];
}

function set_word(int $at, int $value): void
{
    global $journal;
    fseek($journal, 4 * $at);
    fwrite($journal, pack('V', $value));
}

function at(int $owner, int $number): int
{
    return 64 * ($owner + 1) + $number;
}

/** The next number: of versions, or of additions. begun is noted; done() notes that it was acknowledged. */
function begin(int $number): int
{
    global $place;
    $next = get_word(at($place, $number + 1)) + 1;
    set_word(at($place, $number), $next);
    return $next;
}

function done(int $number): void
{
    global $place;
    set_word(at($place, $number + 1), get_word(at($place, $number)));
}

function count_up(int $number): void
{
    global $place;
    set_word(at($place, $number), get_word(at($place, $number)) + 1);
}

/** Noted while it holds something: set after it was acquired, taken away before it is released. */
function inside(int $number, callable $do): void
{
    global $place;
    set_word(at($place, $number), 1);
    $do();
    set_word(at($place, $number), 0);
}

// ---- Reading

function judge(mixed $value, int $owner, int $key): int
{
    if (!is_array($value) || count($value) !== 4 || is_removal($value[2])
        || (string) $value[3] !== (string) payload($value[0], $value[1], $value[2])[3]) {
        violation('a value is torn, or of no version', $owner, $key);
    }
    if (($owner >= 0 && $value[0] !== $owner) || $value[1] !== $key) {
        violation('a value of another name', $owner, $key, $value[0], $value[1]);
    }
    count_up(JUDGED);
    return $value[2];
}

function judge_value(int $owner, int $key): void
{
    global $segment;
    $note = at($owner, KEY + 2 * $key);
    $least = get_word($note + 1);
    $value = $segment->get("v/$owner/$key");
    $most = get_word($note);
    if ($value !== null) {
        $version = judge($value, $owner, $key);
        if ($version < $least || $version > $most) {
            violation('a version that was replaced, or never begun', $version, $least, $most);
        }
        return;
    }
    for ($version = $least; $version <= $most; $version++) {
        if (is_removal($version)) {
            return;
        }
    }
    violation('an acknowledged value is lost', $owner, $key, $least, $most);
}

function judge_words(Shoal\NdArray $array): void
{
    $data = $array->pack();
    $count = count($array);
    $first = unpack('V', $data)[1];
    if ($data === str_repeat(pack('V', $first), $count) && ($first === 0 || (!is_removal($first) && length_of($first) === $count))) {
        return;
    }
    foreach (array_unique(unpack('V*', $data)) as $version) {
        if ($version !== 0 && (is_removal($version) || length_of($version) !== $count)) {
            violation('the memory of an array that is open became something else', $version, $count);
        }
    }
}

function judge_array(int $owner, int $number): void
{
    global $segment;
    try {
        $array = $segment->array("a/$owner/$number");
    } catch (Shoal\NotFound) {
        return;
    }
    judge_words($array);
    usleep(mt_rand(0, 200));
    judge_words($array);
    count_up(JUDGED);
}

function judge_shared(): void
{
    global $segment;
    $key = mt_rand(0, SHARED_KEYS - 1);
    $value = $segment->get("s/$key");
    if ($value !== null) {
        judge($value, -1, 100 + $key);
    }
}

function look(): void
{
    global $segment;
    $owner = mt_rand(0, get_word(WRITERS) - 1);
    switch (mt_rand(0, 7)) {
        case 0:
            judge_array($owner, mt_rand(0, ARRAYS - 1));
            break;
        case 1:
            judge_shared();
            break;
        case 2:
            if (mt_rand(0, 63) === 0 && ($findings = $segment->check())) {
                violation('check() has findings', $findings);
            }
            break;
        default:
            judge_value($owner, mt_rand(0, KEYS - 1));
    }
}

// ---- Writing

function store_or_remove(int $key): void
{
    global $segment, $place;
    $version = begin(KEY + 2 * $key);
    if (is_removal($version)) {
        unset($segment["v/$place/$key"]);
    } else {
        $segment["v/$place/$key"] = payload($place, $key, $version);
    }
    done(KEY + 2 * $key);
}

function make_or_remove_array(int $number): void
{
    global $segment, $place;
    $version = begin(ARRAYS_AT + 2 * $number);
    unset($segment["a/$place/$number"]);
    if (!is_removal($version)) {
        $array = $segment->array("a/$place/$number", [length_of($version)], 'uint32');
        if ($array->max() !== 0) {
            violation('a new array is not zero', $version);
        }
        $array->fill($version);
    }
    done(ARRAYS_AT + 2 * $number);
}

function use_shared_name(): void
{
    global $segment, $place;
    $key = mt_rand(0, SHARED_KEYS - 1);
    $version = mt_rand(0, 0x7fffffff);
    if (is_removal($version)) {
        unset($segment["s/$key"]);
    } else {
        $segment["s/$key"] = payload($place, 100 + $key, $version);
    }
}

function make_and_remove_counter(): void
{
    global $segment;
    $name = 't/' . mt_rand(0, 49);
    if ($segment->counter($name, 1)->value !== 1) {
        violation('a new counter does not have its first value', $name);
    }
    unset($segment[$name]);
}

function add_to_own(): void
{
    global $own;
    $number = begin(OWN);
    if ($own->add() !== $number) {
        violation('its own counter has another value than it gave it', $number);
    }
    done(OWN);
}

function add_to_count(): void
{
    global $counter;
    begin(COUNTED);
    $counter->add();
    done(COUNTED);
}

function change(Shoal\NdArray $words, bool $recovered): void
{
    if ($words[0] !== $words[1] && !$recovered) {
        violation('two words under a lock differ, and nobody was told', $words[0], $words[1]);
    }
    $next = $words[0] + 1;
    $words[0] = $next;
    if (mt_rand(0, 7) === 0) {
        usleep(50);
    }
    $words[1] = $next;
}

function update_pair(): void
{
    global $lock, $pair;
    $lock->synchronized(function () use ($lock, $pair) {
        begin(PAIR);
        inside(IN_LOCK, function () use ($lock, $pair) {
            if (mt_rand(0, 63) === 0) {
                leave_child();
            }
            change($pair, $lock->recovered);
        });
    });
    done(PAIR);
}

function use_rwlock(): void
{
    global $rwlock, $written;
    if (mt_rand(0, 2) === 0) {
        $rwlock->writeSynchronized(function () use ($rwlock, $written) {
            begin(WRITE);
            inside(IN_WRITE, fn () => change($written, $rwlock->recovered));
        });
        done(WRITE);
        return;
    }
    $rwlock->readSynchronized(fn () => inside(IN_READ, function () use ($rwlock, $written) {
        $first = $written[0];
        if (!$rwlock->recovered && ($first !== $written[0] || $first !== $written[1])) {
            violation('a reader sees a change', $first);
        }
    }));
}

function use_permit(): void
{
    global $permits;
    $permits->synchronized(fn () => inside(IN_PERMIT, fn () => usleep(mt_rand(0, 100))));
}

function use_shared_segment(): void
{
    global $name, $place;
    do {
        $version = mt_rand(0, 0x7fffffff);
    } while (is_removal($version) || bytes_of($version) > 3000);
    $there = Shoal\open_or_create("$name-s", '16M', lifetime: 'shared');
    $before = $there->get((string) $place);
    if ($before !== null) {
        judge($before, $place, 200);
    }
    $there["$place"] = payload($place, 200, $version);
    if ($there["$place"][2] !== $version) {
        violation('what was stored in a shared segment is not there', $version);
    }
    $there->close();
}

/** One that lives on when this process is killed, and does nothing. It never comes back to PHP's end of a request. */
function leave_child(): void
{
    global $place;
    $release = get_word(RELEASE);
    if (!function_exists('pcntl_fork') || get_word(at($place, IDLED)) === $release) {
        return;
    }
    set_word(at($place, IDLED), $release);
    count_up(CHILDREN);
    if (pcntl_fork() !== 0) {
        return;
    }
    global $journal, $path;
    $journal = fopen($path, 'rb'); // its parent's position in the file stays its parent's
    stream_set_read_buffer($journal, 0);
    for ($i = 0; $i < 1500 && get_word(RELEASE) === $release; $i++) {
        usleep(20000);
    }
    pcntl_exec('/bin/true');
}

function operate(): void
{
    $owner = mt_rand(0, get_word(WRITERS) - 1);
    match (mt_rand(0, 15)) {
        0, 1, 2 => store_or_remove(mt_rand(0, KEYS - 1)),
        3 => make_or_remove_array(mt_rand(0, ARRAYS - 1)),
        4 => judge_value($owner, mt_rand(0, KEYS - 1)),
        5 => judge_array($owner, mt_rand(0, ARRAYS - 1)),
        6 => add_to_own(),
        7 => add_to_count(),
        8, 9 => update_pair(),
        10 => use_rwlock(),
        11 => use_permit(),
        12 => use_shared_name(),
        13 => judge_shared(),
        14 => make_and_remove_counter(),
        15 => mt_rand(0, 7) ?: use_shared_segment(),
    };
}

if (function_exists('pcntl_signal')) {
    pcntl_signal(SIGCHLD, SIG_IGN);
}
$segment = Shoal\open($name, readonly: (int) $mode === READER);
if ((int) $mode !== READER) {
    $own = $segment->counter("c/$place");
    $counter = $segment->counter('count');
    $lock = $segment->lock('lock');
    $rwlock = $segment->rwlock('rwlock');
    $permits = $segment->semaphore('permits', PERMITS);
    $pair = $segment->array('pair', [2], 'int64');
    $written = $segment->array('written', [2], 'int64');
}
while (true) {
    (int) $mode === READER ? look() : operate();
    count_up(OPERATIONS);
}
