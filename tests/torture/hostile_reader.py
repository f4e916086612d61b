"""A reader of hostile.c in Python: hostile_reader.py NAME SECONDS. Ends with 0 if nothing but shoal's own errors came."""

import random
import sys
import time

import shoal

try:
    import numpy
except ImportError:
    numpy = None

KINDS = ("value", "large", "array", "counter", "lock", "rwlock", "semaphore", "signal", "event", "condition", "barrier")
TOLD = ("value", "owner", "holders", "readers", "waiters", "is_set", "locked", "broken", "parties", "n_waiting", "recovered", "initial")
BOUND = 40.0  # seconds, on a busy machine


def look_at(thing):
    """Everything that an object of that type tells."""
    if isinstance(thing, shoal.NdArray):
        thing.tolist()
        memoryview(thing).tobytes()
        if numpy is not None:
            view = numpy.asarray(thing)
            view.sum(), repr(view)
    for name in TOLD:
        attribute = getattr(thing, name, None)
        repr(attribute() if callable(attribute) else attribute)
    repr(thing)
    if isinstance(thing, shoal.Counter):
        thing.wait(thing.value, timeout=0.001)
    if isinstance(thing, shoal.Event):
        thing.wait(timeout=0.001)


def act(segment, choose):
    name = f"{choose.choice(KINDS)} {choose.randrange(8)}"
    what = choose.randrange(10)
    if what < 4:
        look_at(segment[name])
    elif what == 4:
        name in segment, segment.get(name)
    elif what == 5:
        len(segment), list(segment.keys()), segment.used
    elif what == 6:
        for key in segment:
            repr(key)
    elif what == 7:
        repr(segment.info())
    elif what == 8:
        segment.check()
    else:
        for key in segment:
            look_at(segment[key])


def read(name, choose, end):
    """Calls, and how many of them told of damage."""
    calls = told = 0
    segment = shoal.open(name, readonly=True)
    message = ""
    while calls < 200 and time.monotonic() < end and "under its readers" not in message:  # then nothing else is said
        calls += 1
        began = time.monotonic()
        try:
            act(segment, choose)
        except (shoal.Error, OSError) as error:  # OSError: somebody else has locked the byte that says we read
            message = str(error)
            told += 1
        assert time.monotonic() - began < BOUND, "a call took too long"
    segment.close()
    return calls, told


def main(name, seconds):
    choose = random.Random(1)
    end = time.monotonic() + seconds
    calls = told = 0
    while time.monotonic() < end:
        try:
            more, more_told = read(name, choose, end)
            calls, told = calls + more, told + more_told
        except (shoal.Error, OSError):
            told += 1
    assert calls > 0
    print(f"python: {calls} calls, {told} of them told of damage", flush=True)


main(sys.argv[1], float(sys.argv[2]))
