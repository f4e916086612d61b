"""worker.py SEGMENT JOURNAL PLACE SEED MODE HEAP: a worker of the storm in Python. journal.h says what it notes and when;
operations.c does the same in C."""

import mmap
import os
import random
import signal
import struct
import sys
import time

import shoal

KEYS, ARRAYS, SHARED_KEYS, PERMITS, MOST_BYTES, READER = 6, 2, 4, 2, 2_000_000, 1
RELEASE, WRITERS = 0, 1
OPERATIONS, JUDGED, OWN, COUNT, PAIR, WRITE = 0, 1, 2, 4, 6, 8
IN_LOCK, IN_WRITE, IN_READ, IN_PERMIT, CHILDREN, IDLED = 10, 11, 12, 13, 14, 15
KEY, ARRAY = 20, 32

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
    owner = choose.randrange(journal[WRITERS])
    action = choose.randrange(8)
    if action == 0:
        judge_array(owner, choose.randrange(ARRAYS))
    elif action == 1:
        judge_shared()
    elif action == 2 and choose.randrange(64) == 0:
        findings = segment.check()
        if findings:
            violation("check() has findings", findings)
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


def leave_child() -> None:
    """One that lives on when this process is killed."""
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
        with lock as held:
            change(pair, held.recovered)
        count.add()
    os._exit(0)


OPERATE = [
    *[lambda: store_or_remove(choose.randrange(KEYS))] * 3,
    lambda: make_or_remove_array(choose.randrange(ARRAYS)),
    lambda: judge_value(choose.randrange(journal[WRITERS]), choose.randrange(KEYS)),
    lambda: judge_array(choose.randrange(journal[WRITERS]), choose.randrange(ARRAYS)),
    add_to_own, add_to_count, update_pair, update_pair, use_rwlock, use_permit, use_shared_name, judge_shared,
    make_and_remove_counter, lambda: choose.randrange(8) or use_shared_segment(),
]

signal.signal(signal.SIGCHLD, signal.SIG_IGN)
segment = shoal.open(segment_name, readonly=mode == READER)
if mode != READER:
    own, count, lock = segment.counter(f"c/{place}"), segment.counter("count"), segment.lock("lock")
    rwlock, permits = segment.rwlock("rwlock"), segment.semaphore("permits", PERMITS)
    pair, written = segment.array("pair", (2,), "int64"), segment.array("written", (2,), "int64")
if choose.randrange(3) == 0:  # interrupted all the time, as by a profiler: slices are to end all the same
    signal.signal(signal.SIGALRM, lambda *_: None)
    signal.setitimer(signal.ITIMER_REAL, 0.0003, 0.0003 * 2 ** choose.randrange(6))
while True:
    look() if mode == READER else choose.choice(OPERATE)()
    journal[word(place, OPERATIONS)] += 1
