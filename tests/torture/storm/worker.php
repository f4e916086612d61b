<?php
// worker.php SEGMENT JOURNAL PLACE SEED MODE HEAP: a worker of the storm in PHP. journal.h says what it notes and when;
// operations.c, mixed.c, settle.c and masters.c do the same in C.
const KEYS = 6, ARRAYS = 2, SHARED_KEYS = 4, PERMITS = 2, MOST_BYTES = 2_000_000, READER = 1, MASTER = 2;
const MIXED_NAMES = 6, WORKERS = 24, MOST_MASTERS = 4, CHILDREN_OF_ONE = 6, AT_ONCE = 3, PARTIES = 2, TOKENS = 3, KEPT = 4;
const PATIENCE = 30, AFTERLIFE_MS = 1000;
const RELEASE = 0, WRITERS = 1;
const OPERATIONS = 0, JUDGED = 1, OWN = 2, COUNTED = 4, PAIR = 6, WRITE = 8;
const IN_LOCK = 10, IN_WRITE = 11, IN_READ = 12, IN_PERMIT = 13, CHILDREN = 14, IDLED = 15;
const MIXED = 19, KEY = 20, ARRAYS_AT = 32, UNSURE = 40, STILLBORN = 44, FORKED = 45, KILLED = 46, QUIT = 47;

[, $name, $path, $place, $seed, $mode] = $argv;
$place = (int) $place;
mt_srand((int) $seed & 0x7fffffff);
$kept = [[], []]; // open through $segment, and through $reader
$master = 0; // whose child we are
open_journal('r+b');

function open_journal(string $mode): void
{
    global $journal, $path;
    $journal = fopen($path, $mode);
    stream_set_write_buffer($journal, 0); // one system call a word
    stream_set_read_buffer($journal, 0);
}

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

function some_writing_place(): int
{
    return mt_rand(0, 3) ? mt_rand(0, get_word(WRITERS) - 1) : WORKERS + mt_rand(0, MOST_MASTERS * CHILDREN_OF_ONE - 1);
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
    $owner = some_writing_place();
    switch (mt_rand(0, 9)) {
        case 0:
            judge_array($owner, mt_rand(0, ARRAYS - 1));
            break;
        case 1:
            judge_shared();
            break;
        case 2:
            if (mt_rand(0, 1023) === 0 && ($findings = $segment->check())) {
                violation('check() has findings', $findings);
            }
            break;
        case 3:
        case 4:
            with_mixed_name(look_at_mixed_name(...));
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

// ---- Names that are Values and live objects of every kind in turn

function ensure(bool $sound, string $what, mixed ...$details): void
{
    if (!$sound) {
        violation("the memory of $what that is open became something else", ...$details);
    }
}

function hold(callable $acquire, callable $release): void
{
    if ($acquire(mt_rand(0, 3) ? 0 : 0.002)) {
        mt_rand(0, 15) ?: usleep(50);
        $release();
    }
}

function use_barrier(Shoal\Barrier $it): void
{
    global $segment;
    ensure($it->parties === PARTIES, 'a barrier', $it->parties);
    $segment->readonly ?: $it->reset();
}

function use_elements(Shoal\NdArray $it): void
{
    global $segment;
    $at = mt_rand(0, count($it) - 1);
    ensure(in_array($it[$at], [0, count($it)], true), 'an array', $it[$at], count($it));
    if (!$segment->readonly) {
        $it[$at] = count($it);
    }
}

function use_live(object $it): void
{
    global $segment;
    $writes = !$segment->readonly;
    match (true) {
        $it instanceof Shoal\NdArray => use_elements($it),
        $it instanceof Shoal\Counter => ensure(($writes ? $it->add() : $it->value) >= 0, 'a counter', $it->value),
        $it instanceof Shoal\Lock, $it instanceof Shoal\Semaphore => $writes && hold($it->acquire(...), $it->release(...)),
        $it instanceof Shoal\RWLock => $writes && hold(mt_rand(0, 1) ? $it->read(...) : $it->write(...), $it->unlock(...)),
        $it instanceof Shoal\Event => $writes && (mt_rand(0, 1) ? $it->set() : $it->clear()),
        $it instanceof Shoal\Barrier => use_barrier($it),
        $it instanceof Shoal\Condition => null,
        /* What is in them is the C workers': bytes, not values. */
        $it instanceof Shoal\Queue, $it instanceof Shoal\JobQueue => ensure(count($it) >= 0 && $it->used >= 0, 'a queue', $it->used),
        $it instanceof Shoal\Stream, $it instanceof Shoal\Channel => ensure($it->newest >= 0, 'a stream or channel', $it->newest),
        $it instanceof Shoal\Locks => ensure(count($it) >= 0, 'locks', count($it)),
        default => violation('what is open is of no kind that can be', $it::class),
    };
}

function use_and_keep(mixed $it, int $key): void
{
    global $kept, $segment;
    if ($it === null) {
        return;
    }
    if (!is_object($it)) {
        judge($it, -1, 300 + $key);
        return;
    }
    use_live($it);
    if (mt_rand(0, 3) === 0) {
        $mine = &$kept[(int) $segment->readonly];
        $at = mt_rand(0, KEPT - 1);
        if (isset($mine[$at])) {
            use_live($mine[$at]);
        }
        $mine[$at] = $it;
    }
}

function make(string $name): object
{
    global $segment, $lock;
    return match (mt_rand(0, 7)) {
        0 => $segment->array($name, [[10, 3000, 40000, 100000][mt_rand(0, 3)]], 'uint32'),
        1 => $segment->counter($name),
        2 => $segment->lock($name),
        3 => $segment->rwlock($name),
        4 => $segment->semaphore($name, TOKENS),
        5 => $segment->event($name),
        6 => $segment->condition($name, $lock),
        7 => $segment->barrier($name, PARTIES),
    };
}

function look_at_mixed_name(int $key): void
{
    global $segment;
    match (mt_rand(0, 3)) {
        0 => use_and_keep($segment->get("m/$key"), $key),
        1 => isset($segment["m/$key"]),
        default => use_and_keep($segment["m/$key"], $key),
    };
}

function use_mixed_name(int $key): void
{
    global $segment, $place;
    $roll = mt_rand(0, 15);
    if ($roll < 5) {
        try {
            unset($segment["m/$key"]);
        } catch (Shoal\LockError) { // somebody holds it, or waits for it
        }
    } elseif ($roll < 8) {
        do {
            $version = mt_rand(0, 0x7fffffff);
        } while (is_removal($version));
        $segment["m/$key"] = payload($place, 300 + $key, $version);
    } elseif ($roll < 13) {
        use_and_keep(make("m/$key"), $key);
    } else {
        look_at_mixed_name($key);
    }
}

function with_mixed_name(callable $do): void
{
    try {
        $do(mt_rand(0, MIXED_NAMES - 1));
    } catch (Shoal\NotFound | Shoal\TypeMismatch | Shoal\BrokenBarrier) {
    }
    count_up(MIXED);
}

// ---- What a worker who died leaves to the next one in its place

function settle_key(int $key): void
{
    global $segment, $place;
    $at = at($place, KEY + 2 * $key);
    [$begun, $before] = [get_word($at), get_word($at + 1)];
    $value = $segment->get("v/$place/$key");
    $version = $value === null ? 0 : judge($value, $place, $key);
    $is_done = $version ? $version === $before : is_removal($before);
    $is_begun = $version ? $version === $begun : is_removal($begun);
    if (!$is_done && !$is_begun) {
        violation('an acknowledged value is lost', $version, $before);
    }
    set_word($at + 1, $is_begun ? $begun : $before);
    set_word($at, get_word($at + 1));
}

function array_is(Shoal\NdArray $array, int $version, bool $whole): bool
{
    if (is_removal($version) || length_of($version) !== count($array)) {
        return false;
    }
    return !array_diff(array_unique(unpack('V*', $array->pack())), [$version, $whole ? $version : 0]);
}

function settle_array(int $number): void
{
    global $segment, $place;
    $at = at($place, ARRAYS_AT + 2 * $number);
    $name = "a/$place/$number";
    [$begun, $before] = [get_word($at), get_word($at + 1)];
    try {
        $array = $segment->array($name);
        $right = array_is($array, $before, true) || ($begun !== $before && array_is($array, $begun, false));
        unset($array);
    } catch (Shoal\NotFound) {
        $right = $begun !== $before || is_removal($before);
    }
    if (!$right) {
        violation('an acknowledged array is lost, or has other elements', $before, $begun);
    }
    if ($begun === $before) {
        return;
    }
    while (!is_removal($begun)) {
        $begun++;
    }
    set_word($at, $begun);
    unset($segment[$name]);
    set_word($at + 1, $begun);
}

function settle_place(): void
{
    global $segment, $place, $own;
    for ($number = IN_LOCK; $number <= IN_PERMIT; $number++) {
        set_word(at($place, $number), 0);
    }
    $segment['judge'] = null; // takes the structure's lock, so that what was in flight is completed or undone
    array_map(settle_key(...), range(0, KEYS - 1));
    array_map(settle_array(...), range(0, ARRAYS - 1));
    $own = $segment->counter("c/$place");
    $at = at($place, OWN);
    if (!in_array($own->value, [get_word($at), get_word($at + 1)], true)) {
        violation('a counter lost or doubled an addition', $own->value, get_word($at + 1));
    }
    set_word($at, $own->value);
    set_word($at + 1, $own->value);
    foreach ([COUNTED, PAIR, WRITE] as $i => $number) {
        $at = at($place, $number);
        set_word(at($place, UNSURE + $i), get_word(at($place, UNSURE + $i)) + (get_word($at) !== get_word($at + 1) ? 1 : 0));
        set_word($at, get_word($at + 1));
    }
}

// ---- Children, and masters

function end_if_stillborn(): void
{
    global $counter;
    try {
        $counter->value;
    } catch (Shoal\Closed) { // it was forked while somebody who was stopped had the structure's lock
        count_up(STILLBORN);
        exit(0);
    }
}

function move_in(): void
{
    global $place, $path, $place_file;
    $place_file = fopen("$path.$place", 'c');
    if (!flock($place_file, LOCK_EX | LOCK_NB)) {
        exit(0); // an orphan of another master lives there
    }
}

function look_readonly(): void
{
    global $segment, $reader;
    [$segment, $own_one] = [$reader, $segment];
    look();
    $segment = $own_one;
}

function be_child(int $child_place, int $its_master, int $its_seed): never
{
    global $place, $master;
    mt_srand($its_seed);
    open_journal('r+b'); // its parent's position in the file stays its parent's
    pcntl_signal(SIGCHLD, SIG_IGN);
    end_if_stillborn();
    [$place, $master, $end] = [$child_place, $its_master, null];
    move_in();
    count_up(FORKED);
    settle_place();
    do {
        if ($end === null && posix_getppid() !== $master) {
            $end = hrtime(true) + mt_rand(0, AFTERLIFE_MS) * 1000000;
        }
        mt_rand(0, 15) ? operate() : look_readonly();
        count_up(OPERATIONS);
    } while (($end === null || hrtime(true) < $end) && mt_rand(0, 1023));
    count_up(QUIT);
    exit(0); // with the end of a request
}

function free_place(array $children): int
{
    global $place;
    do {
        $free = WORKERS + $place % MOST_MASTERS * CHILDREN_OF_ONE + mt_rand(0, CHILDREN_OF_ONE - 1);
    } while (in_array($free, array_column($children, 'place'), true));
    return $free;
}

function fork_one(array $children): array
{
    $child = ['place' => free_place($children), 'sent' => false, 'born' => hrtime(true)];
    $child['operations'] = get_word(at($child['place'], OPERATIONS));
    [$me, $seed] = [getmypid(), mt_rand()];
    $child['pid'] = pcntl_fork();
    if ($child['pid'] === 0) {
        be_child($child['place'], $me, $seed);
    }
    return $child;
}

function bury(array &$children, int $pid, int $state): void
{
    foreach ($children as $i => $child) {
        if ($child['pid'] === $pid) {
            unset($children[$i]);
            if ($child['sent'] && pcntl_wifsignaled($state) && pcntl_wtermsig($state) === SIGKILL) {
                set_word(at($child['place'], KILLED), get_word(at($child['place'], KILLED)) + 1);
                return;
            }
        }
    }
    if ($state !== 0) {
        violation('a child of a master ended by itself', $pid, $state);
    }
}

/** The first of them only if it gets on: so one that hangs is found. */
function kill_one(array &$children, int $i): void
{
    $child = $children[$i];
    if ($i > 0 || get_word(at($child['place'], OPERATIONS)) !== $child['operations']) {
        $children[$i]['sent'] = true;
        posix_kill($child['pid'], SIGKILL);
    } elseif (hrtime(true) - $child['born'] > PATIENCE * 1e9) {
        violation('a child of a master makes no progress', $child['place']);
    }
}

function be_master(): never
{
    $children = [];
    pcntl_signal(SIGCHLD, SIG_DFL);
    while (true) {
        while (($pid = pcntl_waitpid(-1, $state, WNOHANG)) > 0) {
            bury($children, $pid, $state);
        }
        for ($i = 0; $i < AT_ONCE; $i++) {
            $children[$i] ??= fork_one($children);
        }
        $i = mt_rand(0, 11);
        if ($i < AT_ONCE && !$children[$i]['sent']) {
            kill_one($children, $i);
        }
        mt_rand(0, 3) ? usleep(1000 * mt_rand(0, 3)) : operate();
        count_up(OPERATIONS);
    }
}

/** One that lives on when this process is killed, and does nothing. It never comes back to PHP's end of a request. */
function leave_child(): void
{
    global $place, $master;
    if ($master) {
        return; // the lock of its place would go on in a child
    }
    $release = get_word(RELEASE);
    if (!function_exists('pcntl_fork') || get_word(at($place, IDLED)) === $release) {
        return;
    }
    set_word(at($place, IDLED), $release);
    count_up(CHILDREN);
    if (pcntl_fork() !== 0) {
        return;
    }
    open_journal('rb'); // its parent's position in the file stays its parent's
    for ($i = 0; $i < 1500 && get_word(RELEASE) === $release; $i++) {
        usleep(20000);
    }
    pcntl_exec('/bin/true');
}

function operate(): void
{
    $owner = some_writing_place();
    match (mt_rand(0, 19)) {
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
        default => with_mixed_name(use_mixed_name(...)),
    };
}

if (function_exists('pcntl_signal')) {
    pcntl_signal(SIGCHLD, SIG_IGN);
    pcntl_async_signals(true);
    pcntl_signal(SIGALRM, fn () => null, false); // of a timer that the killer has started for a third of us
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
if ((int) $mode === MASTER) {
    $reader = Shoal\open($name, readonly: true);
    be_master();
}
while (true) {
    (int) $mode === READER ? look() : operate();
    count_up(OPERATIONS);
}
