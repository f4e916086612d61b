"""worker.py SEGMENT JOURNAL PLACE SEED MODE HEAP: a worker of the storm in Python. journal.h says what it notes and when;
operations.c, mixed.c, settle.c and masters.c do the same in C."""

import fcntl
import mmap
import os
import random
import signal
import struct
import sys
import time

import shoal

KEYS, ARRAYS, SHARED_KEYS, PERMITS, MOST_BYTES, READER, MASTER = 6, 2, 4, 2, 2_000_000, 1, 2
MIXED_NAMES, WORKERS, MOST_MASTERS, CHILDREN_OF_ONE, PARTIES, TOKENS = 6, 24, 4, 6, 2, 3
PATIENCE, AFTERLIFE = 30, 1.0
RELEASE, WRITERS = 0, 1
OPERATIONS, JUDGED, OWN, COUNT, PAIR, WRITE = 0, 1, 2, 4, 6, 8
IN_LOCK, IN_WRITE, IN_READ, IN_PERMIT, CHILDREN, IDLED = 10, 11, 12, 13, 14, 15
MIXED, KEY, ARRAY, UNSURE, STILLBORN, FORKED, KILLED, QUIT = 19, 20, 32, 40, 44, 45, 46, 47

segment_name, journal_path, place, seed, mode = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), int(sys.argv[5])
choose = random.Random(seed)
with open(journal_path, "r+b") as file:
    journal = memoryview(mmap.mmap(file.fileno(), 0)).cast("I")  # one store a word


def violation(what: str, *details) -> None:
    print(f"VIOLATION: {what} {details} (Python)", flush=True)
    os._exit(3)


# ---- What a version is


def is_removal(version: int) -> bool:
    return version == 0 or (version * 2654435761 & 0xFFFFFFFF) >> 30 == 0


def bytes_of(version: int) -> int:
    mix = version * 2654435761 & 0xFFFFFFFF
    if mix >> 28 == 4:
        return mix % (MOST_BYTES if mix & 1 else 20000)
    return mix % (200000 if mix >> 28 == 5 else 3000)


def length_of(version: int) -> int:
    mix = version * 2654435761 & 0xFFFFFFFF
    if mix >> 28 == 4:
        return 1 + mix % (300000 if mix & 1 else 3000)
    return 1 + mix % (30000 if mix >> 28 == 5 else 700)


def payload(owner: int, key: int, version: int) -> list:
    unit = struct.pack("<13I", owner, key, version, *((version * (2 * i + 1)) & 0xFFFFFFFF for i in range(3, 13)))
    size = bytes_of(version)
    return [owner, key, version, (unit * (size // 52 + 1))[:size]]


# ---- The journal


def word(owner: int, number: int) -> int:
    return 64 * (owner + 1) + number


def begin(number: int) -> int:
    """The next number: of versions, or of additions. begun is noted; done() notes that it was acknowledged."""
    at = word(place, number)
    journal[at] = journal[at + 1] + 1
    return journal[at]


def done(number: int) -> None:
    journal[word(place, number) + 1] = journal[word(place, number)]


class inside:
    """Noted while it holds something: set after it was acquired, taken away before it is released."""

    def __init__(self, number: int):
        self.at = word(place, number)

    def __enter__(self):
        journal[self.at] = 1

    def __exit__(self, *_):
        journal[self.at] = 0


def count_up(number: int) -> None:
    journal[word(place, number)] += 1


def some_writing_place() -> int:
    if choose.randrange(4):
        return choose.randrange(journal[WRITERS])
    return WORKERS + choose.randrange(MOST_MASTERS * CHILDREN_OF_ONE)


# ---- Reading


def judge(value, owner: int, key: int) -> int:
    if not (isinstance(value, list) and len(value) == 4 and value == payload(*value[:3])) or is_removal(value[2]):
        violation("a value is torn, or of no version", owner, key)
    if (owner >= 0 and value[0] != owner) or value[1] != key:
        violation("a value of another name", owner, key, value[:3])
    journal[word(place, JUDGED)] += 1
    return value[2]


def judge_value(owner: int, key: int) -> None:
    at = word(owner, KEY + 2 * key)
    least = journal[at + 1]
    value = segment.get(f"v/{owner}/{key}")
    most = journal[at]
    if value is not None:
        version = judge(value, owner, key)
        if not least <= version <= most:
            violation("a version that was replaced, or never begun", version, least, most)
    elif not any(map(is_removal, range(least, most + 1))):
        violation("an acknowledged value is lost", owner, key, least, most)


def judge_words(array) -> None:
    data, count = bytes(memoryview(array)), len(array)
    for version in {0} if not any(data) else {value for value, in struct.iter_unpack("<I", data)}:
        if version != 0 and (is_removal(version) or length_of(version) != count):
            violation("the memory of an array that is open became something else", version, count)


def judge_array(owner: int, number: int) -> None:
    try:
        array = segment.array(f"a/{owner}/{number}")
    except shoal.ObjectNotFound:
        return
    judge_words(array)
    time.sleep(choose.random() * 0.0002)
    judge_words(array)
    journal[word(place, JUDGED)] += 1


def judge_shared() -> None:
    key = choose.randrange(SHARED_KEYS)
    value = segment.get(f"s/{key}")
    if value is not None:
        judge(value, -1, 100 + key)


def look() -> None:
    owner = some_writing_place()
    action = choose.randrange(10)
    if action == 0:
        judge_array(owner, choose.randrange(ARRAYS))
    elif action == 1:
        judge_shared()
    elif action == 2 and choose.randrange(1024) == 0:
        findings = segment.check()
        if findings:
            violation("check() has findings", findings)
    elif action in (3, 4):
        mixed(look_at_mixed_name)
    else:
        judge_value(owner, choose.randrange(KEYS))


# ---- Writing


def remove(name: str) -> None:
    try:
        del segment[name]
    except shoal.ObjectNotFound:
        pass


def store_or_remove(key: int) -> None:
    version, name = begin(KEY + 2 * key), f"v/{place}/{key}"
    if is_removal(version):
        remove(name)
    else:
        segment[name] = payload(place, key, version)
    done(KEY + 2 * key)


def make_or_remove_array(number: int) -> None:
    version, name = begin(ARRAY + 2 * number), f"a/{place}/{number}"
    remove(name)
    if not is_removal(version):
        array = segment.array(name, (length_of(version),), "uint32")
        if array.max() != 0:
            violation("a new array is not zero", version)
        array[:] = version
    done(ARRAY + 2 * number)


def use_shared_name() -> None:
    key, version = choose.randrange(SHARED_KEYS), choose.randrange(1 << 31)
    if is_removal(version):
        remove(f"s/{key}")
    else:
        segment[f"s/{key}"] = payload(place, 100 + key, version)


def make_and_remove_counter() -> None:
    name = f"t/{choose.randrange(50)}"
    if int(segment.counter(name, 1)) != 1:
        violation("a new counter does not have its first value", name)
    remove(name)


def add_to_own() -> None:
    number = begin(OWN)
    if own.add() != number:
        violation("its own counter has another value than it gave it", number)
    done(OWN)


def add_to_count() -> None:
    begin(COUNT)
    count.add()
    done(COUNT)


def change(words, recovered: bool) -> None:
    if words[0] != words[1] and not recovered:
        violation("two words under a lock differ, and nobody was told", words[0], words[1])
    following = words[0] + 1
    words[0] = following
    if choose.randrange(8) == 0:
        time.sleep(0.00005)
    words[1] = following


def update_pair() -> None:
    with lock as held:
        begin(PAIR)
        with inside(IN_LOCK):
            if choose.randrange(64) == 0:
                leave_child()
            change(pair, held.recovered)
    done(PAIR)


def use_rwlock() -> None:
    if choose.randrange(3) == 0:
        with rwlock.write() as held:
            begin(WRITE)
            with inside(IN_WRITE):
                change(written, held.recovered)
        done(WRITE)
    else:
        with rwlock.read() as held, inside(IN_READ):
            first = written[0]
            if not held.recovered and not first == written[0] == written[1]:
                violation("a reader sees a change", first)


def use_permit() -> None:
    with permits, inside(IN_PERMIT):
        time.sleep(choose.random() * 0.0001)


def use_shared_segment() -> None:
    version = next(v for v in iter(lambda: choose.randrange(1 << 31), None) if not is_removal(v) and bytes_of(v) <= 3000)
    with shoal.open_or_create(segment_name + "-s", "16M", lifetime="shared") as there:
        before = there.get(str(place))
        if before is not None:
            judge(before, place, 200)
        there[str(place)] = payload(place, 200, version)
        if there[str(place)][2] != version:
            violation("what was stored in a shared segment is not there", version)


# ---- Names that are Values and live objects of every kind in turn


def use_array(it) -> None:
    length = len(it)
    at = choose.randrange(length)
    if int(it[at]) not in (0, length):
        violation("the memory of an array that is open became something else", int(it[at]), length)
    if not segment.readonly:
        it[at] = length


def use_counter(it) -> None:
    if not 0 <= (int(it) if segment.readonly else it.add()) < 1 << 30:
        violation("the memory of a counter that is open became something else", int(it))


def hold(it) -> None:
    if not segment.readonly and it.acquire(timeout=choose.choice((0, 0, 0.002))):
        if choose.randrange(16) == 0:
            time.sleep(0.00005)
        it.release()


def use_barrier(it) -> None:
    if it.parties != PARTIES:
        violation("the memory of a barrier that is open became something else", it.parties)
    if not segment.readonly:
        it.reset()


USE = {"NdArray": use_array, "Counter": use_counter, "Lock": hold, "RWLock": lambda it: hold(choose.choice((it.read, it.write))()),
       "Semaphore": hold, "Event": lambda it: segment.readonly or choose.choice((it.set, it.clear))(),
       "Condition": lambda it: None, "Barrier": use_barrier,
       # What is in them is the C workers': bytes, not values.
       "Queue": lambda it: len(it) + it.used, "JobQueue": lambda it: len(it) + it.used, "Stream": lambda it: it.newest, "Channel": lambda it: it.newest,
       "Locks": len}
MAKE = [
    lambda name: segment.array(name, (choose.choice((10, 3000, 40000, 100000)),), "uint32"),
    lambda name: segment.counter(name), lambda name: segment.lock(name), lambda name: segment.rwlock(name),
    lambda name: segment.semaphore(name, TOKENS), lambda name: segment.event(name),
    lambda name: segment.condition(name, lock), lambda name: segment.barrier(name, PARTIES),
]
kept = {False: [None] * 4, True: [None] * 4}  # open through segment, and through reader


def use_and_keep(it, key: int) -> None:
    if isinstance(it, list):
        judge(it, -1, 300 + key)
    elif type(it).__name__ in USE:
        USE[type(it).__name__](it)
        if choose.randrange(4) == 0:
            mine, at = kept[segment.readonly], choose.randrange(4)
            if mine[at] is not None:
                USE[type(mine[at]).__name__](mine[at])
            mine[at] = it
    elif it is not None:
        violation("what is open is of no kind that can be", repr(it)[:100])


def look_at_mixed_name(key: int) -> None:
    name, roll = f"m/{key}", choose.randrange(4)
    if roll == 0:
        use_and_keep(segment.get(name), key)
    elif roll == 1:
        name in segment
    else:
        use_and_keep(segment[name], key)


def use_mixed_name(key: int) -> None:
    name, roll = f"m/{key}", choose.randrange(16)
    if roll < 5:
        try:
            del segment[name]
        except shoal.LockError:
            pass  # somebody holds it, or waits for it
    elif roll < 8:
        version = next(v for v in iter(lambda: choose.randrange(1 << 31), None) if not is_removal(v))
        segment[name] = payload(place, 300 + key, version)
    elif roll < 13:
        use_and_keep(choose.choice(MAKE)(name), key)
    else:
        look_at_mixed_name(key)


def mixed(do) -> None:
    try:
        do(choose.randrange(MIXED_NAMES))
    except (shoal.ObjectNotFound, shoal.TypeMismatch, shoal.BrokenBarrier):
        pass
    count_up(MIXED)


# ---- What a worker who died leaves to the next one in its place


def settle_key(key: int) -> None:
    at = word(place, KEY + 2 * key)
    begun, before = journal[at], journal[at + 1]
    value = segment.get(f"v/{place}/{key}")
    version = 0 if value is None else judge(value, place, key)
    is_done, is_begun = ((version == v if version else is_removal(v)) for v in (before, begun))
    if not is_done and not is_begun:
        violation("an acknowledged value is lost", version, before)
    journal[at + 1] = begun if is_begun else before
    journal[at] = journal[at + 1]


def array_is(array, version: int, whole: bool) -> bool:
    if is_removal(version) or length_of(version) != len(array):
        return False
    return {value for value, in struct.iter_unpack("<I", bytes(memoryview(array)))} <= {version, version if whole else 0}


def settle_array(number: int) -> None:
    at, name = word(place, ARRAY + 2 * number), f"a/{place}/{number}"
    begun, before = journal[at], journal[at + 1]
    try:
        array = segment.array(name)
        right = array_is(array, before, True) or (begun != before and array_is(array, begun, False))
        del array
    except shoal.ObjectNotFound:
        right = begun != before or is_removal(before)
    if not right:
        violation("an acknowledged array is lost, or has other elements", before, begun)
    if begun == before:
        return
    while not is_removal(begun):
        begun += 1
    journal[at] = begun
    remove(name)
    journal[at + 1] = begun


def settle_place() -> None:
    global own
    for number in range(IN_LOCK, IN_PERMIT + 1):
        journal[word(place, number)] = 0
    segment["judge"] = None  # takes the structure's lock, so that what was in flight is completed or undone
    for key in range(KEYS):
        settle_key(key)
    for number in range(ARRAYS):
        settle_array(number)
    own = segment.counter(f"c/{place}")
    at = word(place, OWN)
    if int(own) not in (journal[at], journal[at + 1]):
        violation("a counter lost or doubled an addition", int(own), journal[at + 1])
    journal[at] = journal[at + 1] = int(own)
    for i, number in enumerate((COUNT, PAIR, WRITE)):
        at = word(place, number)
        journal[word(place, UNSURE + i)] += journal[at] != journal[at + 1]
        journal[at] = journal[at + 1]


# ---- Children, and masters


def end_if_stillborn() -> None:
    try:
        int(count)
    except shoal.Closed:  # it was forked while somebody who was stopped had the structure's lock
        count_up(STILLBORN)
        os._exit(0)


def move_in() -> None:
    global place_file
    place_file = open(f"{journal_path}.{place}", "a")
    try:
        fcntl.flock(place_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os._exit(0)  # an orphan of another master lives there


def look_readonly() -> None:
    global segment
    segment, own_one = reader, segment
    look()
    segment = own_one


def end_well() -> None:
    count_up(QUIT)
    if choose.randrange(2):
        segment.close()
        reader.close()
    os._exit(0)


def be_child(child_place: int, its_master: int, its_seed: int) -> None:
    global place, choose, master
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    choose = random.Random(its_seed)
    end_if_stillborn()
    place, master, end = child_place, its_master, None
    move_in()
    count_up(FORKED)
    settle_place()
    start_timer()
    while end is None or time.monotonic() < end:
        if end is None and os.getppid() != master:
            end = time.monotonic() + choose.random() * AFTERLIFE
        look_readonly() if choose.randrange(16) == 0 else choose.choice(OPERATE)()
        count_up(OPERATIONS)
        if choose.randrange(1024) == 0:
            break
    end_well()


class Child:
    def __init__(self, taken: set):
        first = WORKERS + place % MOST_MASTERS * CHILDREN_OF_ONE
        self.place = choose.choice([p for p in range(first, first + CHILDREN_OF_ONE) if p not in taken])
        self.sent, self.born, self.operations = False, time.monotonic(), self.progress()
        me, its_seed = os.getpid(), choose.randrange(1 << 60)
        self.pid = os.fork()
        if self.pid == 0:
            be_child(self.place, me, its_seed)

    def progress(self) -> int:
        return journal[word(self.place, OPERATIONS)]

    def kill(self, whatever: bool) -> None:
        """The first of them only if it gets on: so one that hangs is found."""
        if whatever or self.progress() != self.operations:
            self.sent = True
            os.kill(self.pid, signal.SIGKILL)
        elif time.monotonic() - self.born > PATIENCE:
            violation("a child of a master makes no progress", self.place)


def bury(children: list, pid: int, state: int) -> None:
    for i, child in enumerate(children):
        if child and child.pid == pid:
            children[i] = None
            if child.sent and state == signal.SIGKILL:
                journal[word(child.place, KILLED)] += 1
                return
    if state:
        violation("a child of a master ended by itself", pid, state)


def bury_the_dead(children: list) -> None:
    try:
        while (ended := os.waitpid(-1, os.WNOHANG))[0]:
            bury(children, *ended)
    except ChildProcessError:
        pass


def be_master() -> None:
    children = [None] * 3
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    while True:
        bury_the_dead(children)
        for i in range(3):
            children[i] = children[i] or Child({child.place for child in children if child})
        i = choose.randrange(12)
        if i < 3 and not children[i].sent:
            children[i].kill(i > 0)
        if choose.randrange(4) == 0:
            choose.choice(OPERATE)()
        else:
            time.sleep(choose.randrange(4) / 1000)
        count_up(OPERATIONS)


def leave_child() -> None:
    """One that lives on when this process is killed."""
    if master:
        return  # the lock of its place would go on in a child
    idles = journal[word(place, IDLED)] != journal[RELEASE]
    journal[word(place, IDLED)] = release = journal[RELEASE]
    journal[word(place, CHILDREN)] += 1
    if os.fork():
        return
    for _ in range(1500 if idles else 0):
        if journal[RELEASE] != release:
            break
        time.sleep(0.02)
    if not idles:
        end_if_stillborn()
        with lock as held:
            change(pair, held.recovered)
        count.add()
    os._exit(0)


OPERATE = [
    *[lambda: store_or_remove(choose.randrange(KEYS))] * 3,
    lambda: make_or_remove_array(choose.randrange(ARRAYS)),
    lambda: judge_value(some_writing_place(), choose.randrange(KEYS)),
    lambda: judge_array(some_writing_place(), choose.randrange(ARRAYS)),
    add_to_own, add_to_count, update_pair, update_pair, use_rwlock, use_permit, use_shared_name, judge_shared,
    make_and_remove_counter, lambda: choose.randrange(8) or use_shared_segment(), *[lambda: mixed(use_mixed_name)] * 4,
]


def start_timer() -> None:
    """A third is interrupted all the time, as by a profiler: slices are to end all the same."""
    if choose.randrange(3) == 0:
        signal.signal(signal.SIGALRM, lambda *_: None)
        signal.setitimer(signal.ITIMER_REAL, 0.0003, 0.0003 * 2 ** choose.randrange(6))


master = 0

signal.signal(signal.SIGCHLD, signal.SIG_IGN)
segment = shoal.open(segment_name, readonly=mode == READER)
if mode != READER:
    own, count, lock = segment.counter(f"c/{place}"), segment.counter("count"), segment.lock("lock")
    rwlock, permits = segment.rwlock("rwlock"), segment.semaphore("permits", PERMITS)
    pair, written = segment.array("pair", (2,), "int64"), segment.array("written", (2,), "int64")
start_timer()
if mode == MASTER:
    reader = shoal.open(segment_name, readonly=True)
    be_master()
while True:
    look() if mode == READER else choose.choice(OPERATE)()
    journal[word(place, OPERATIONS)] += 1
