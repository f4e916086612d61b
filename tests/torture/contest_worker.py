"""A competitor of contest.c in Python: contest_worker.py NAMES SEED SECONDS MIX, the segment "contest" of SHOAL_DIR."""

import random
import sys
import time

import shoal

names, seed, seconds, mix = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), sys.argv[4]
segment = shoal.open("contest")
chance = random.Random(seed)
lock = segment.lock("lock")
kept = [None] * 6
done = 0


def use_lock(it):
    if it.acquire(timeout=0):
        it.release()


def use_rwlock(it):
    side = chance.choice((it.read, it.write))()
    if side.acquire(timeout=0):
        side.release()


def use_array(it):
    length = len(it)
    at = chance.randrange(length)
    assert int(it[at]) in (0, length), (it[at], length)
    it[at] = length


def use_barrier(it):
    assert it.parties == 2
    it.reset()


MAKE = {
    "array": lambda name: segment.array(name, (chance.choice((10, 3000, 40000)),), "uint32"),
    "counter": lambda name: segment.counter(name),
    "lock": lambda name: segment.lock(name),
    "rwlock": lambda name: segment.rwlock(name),
    "semaphore": lambda name: segment.semaphore(name, 3),
    "event": lambda name: segment.event(name),
    "condition": lambda name: segment.condition(name, lock),
    "barrier": lambda name: segment.barrier(name, 2),
}
USE = {"NdArray": use_array, "Counter": lambda it: it.add(), "Lock": use_lock, "RWLock": use_rwlock, "Semaphore": use_lock,
       "Event": lambda it: it.set(), "Condition": lambda it: None, "Barrier": use_barrier}
LOCKS = ["lock", "rwlock", "semaphore", "event", "condition", "barrier"]
KINDS = {"value-counter": ["counter"], "value-array": ["array"], "value-lock": LOCKS, "array-counter-lock": ["array", "counter", "lock"],
         "all": list(MAKE)}[mix]


def use(it):
    if type(it).__name__ in USE:
        USE[type(it).__name__](it)
    elif isinstance(it, bytes):
        assert it == it[:1] * len(it)


def operate(name, roll):
    if roll < 0.4:
        try:
            del segment[name]
        except shoal.LockError:
            pass  # somebody holds it
    elif roll < 0.6 and mix.startswith("value") or roll < 0.5 and mix == "all":
        segment[name] = bytes([chance.randrange(256)]) * int(2 ** (chance.random() * 19))
    elif roll < 0.8:
        it = MAKE[chance.choice(KINDS)](name)
        use(it)
        kept[chance.randrange(len(kept))] = it if chance.random() < 0.3 else None
    elif roll < 0.9:
        use(segment[name])
    elif roll < 0.95:
        use(segment.get(name))
    elif roll < 0.99:
        name in segment
    else:
        for other in segment:
            use(segment.get(other))


end = time.monotonic() + seconds
while time.monotonic() < end:
    for _ in range(50):
        try:
            operate(f"k{chance.randrange(names)}", chance.random())
        except (KeyError, shoal.TypeMismatch, shoal.NoSpace, shoal.BrokenBarrier):
            pass
        done += 1
assert done > 0
del kept
segment.close()
