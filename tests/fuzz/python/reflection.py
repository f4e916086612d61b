"""What there is to call in the package: found by looking, so that what is new is called as well. And the world to call it in."""

import copy
import gc
import os
import pickle
import re
import signal
import types

import grp  # noqa: F401 - what calls would import is there before the collector's look at it is frozen
import pwd  # noqa: F401

import hostile
import shoal
import shoal._aio
import shoal._records
from shoal import _shoal

DIRECTORY = os.environ["SHOAL_DIR"]
LEFT_OUT = {
    "_leave_barriers",  # for the end of the process: no barrier is of use after it
    "sleep",            # _Sleeper's, of a thread of its own
}

# ---- What is called ------------------------------------------------------------------------------


def getter(name):
    return lambda receiver, *_: getattr(receiver, name)


def setter(name):
    return lambda receiver, value=None, *_: setattr(receiver, name, value)


OPERATORS = (
    lambda r, a=None, *_: r[a], lambda r, a=None, b=None, *_: r.__setitem__(a, b), lambda r, a=None, *_: r.__delitem__(a),
    lambda r, a=None, *_: a in r, lambda r, *_: len(r), lambda r, *_: list(zip(r, range(50))), lambda r, *_: repr(r),
    lambda r, *_: hash(r), lambda r, a=None, *_: r == a, lambda r, *_: int(r), lambda r, *_: bool(r), lambda r, *_: r(),
    lambda r, a=None, *_: r.__class__.__new__(a), lambda r, *_: copy.copy(r), lambda r, *_: pickle.loads(pickle.dumps(r)),
    lambda r, *_: memoryview(r).tobytes()[:9], lambda r, *_: hostile.numpy.asarray(r).sum(), lambda r, a=None, *_: setattr(r, "new", a),
    lambda r, *_: hostile.numpy.from_dlpack(r), lambda r, a=None, *_: isinstance(a, type(r)), lambda r, *_: dir(r),
    lambda r, *_: object.__reduce_ex__(r, 2), lambda r, a=None, *_: setattr(r, "__class__", type(a)), lambda r, *_: float(r),
    lambda r, a=None, *_: r.send(a), lambda r, *_: r.close(),
)


def calls_of(receiver):
    """Pairs (how it is called, what: the name of a method, or a function of the receiver and arguments)."""
    found = []
    for name in sorted(dir(receiver)):
        is_own = not name.startswith("__") or name in type(receiver).__dict__
        if name in LEFT_OUT or not is_own or name in ("__class__", "__doc__", "__dict__", "__del__"):
            continue
        value = getattr(type(receiver), name, None) if not isinstance(receiver, types.ModuleType) else getattr(receiver, name)
        if callable(value) and not (isinstance(value, type) and issubclass(value, BaseException)):
            found.append((True, name))
        elif isinstance(receiver, types.ModuleType):
            continue
        else:
            found += [(False, getter(name)), (False, setter(name))]
    return (*found, *((False, operator) for operator in OPERATORS))


def keywords():
    """The names of all arguments there are, as the signatures and the stub tell them."""
    stub = open(os.path.join(os.path.dirname(shoal.__file__), "_shoal.pyi"), encoding="utf-8").read()
    return (*sorted(set(re.findall(r"[(,]\s*([a-z_]+)(?=[:=,)])", stub))), "unknown", "\ud800", "self")


KEYWORDS = keywords()

# ---- Where -------------------------------------------------------------------------------------------


class World:
    """A named segment with one object of each kind, also attached readonly. Made anew when an input has changed it."""

    def __init__(self):
        self.receivers = ()
        self.make()

    def make(self):
        for receiver in self.receivers:
            if isinstance(receiver, shoal.Segment):
                receiver.close()
        empty_directory()
        segment = hostile.world.segment = shoal.create("standing", "2M")
        lock = segment.lock("lock")
        segment["value"], segment["text"], segment["big"] = [1, {"a": b"x"}], "text", bytes(5000)
        made = [
            segment, segment.array("array", (4, 3)), segment.array("bytes", 5, "S3"), segment.array("grid", (2, 2, 2), "int8"),
            segment.counter("counter"), lock, segment.lock("rlock", reentrant=True), segment.lock("strict", strict=True),
            segment.rwlock("rwlock"), segment.semaphore("semaphore", 2), segment.semaphore("signal", 0, bounded=False),
            segment.event("event"), segment.condition("condition", lock), segment.barrier("barrier", 2),
        ]
        readonly = shoal.open("standing", readonly=True)
        made += [readonly, readonly["array"], readonly["counter"], readonly["lock"], readonly["event"], readonly["rwlock"],
                 readonly["barrier"], readonly["condition"], readonly["semaphore"]]
        made += [made[8].read(), made[8].write(0.001), made[1][::2, 1], _shoal, _shoal, _shoal._Sleeper()]
        self.receivers = tuple(made)
        self.names, self.files = len(segment), sorted(os.listdir(DIRECTORY))

    def tidy(self):
        """After an input: nothing is held, and all is there. The calls are made until they fail."""
        for name in ("lock", "rlock", "strict"):
            until_it_fails(self.find(name, "release"))
        until_it_fails(self.find("rwlock", "unlock"))
        until_it_fails(self.find("semaphore", "release"))
        segment = self.receivers[0]
        if segment.closed or len(segment) != self.names or self.receivers[14].closed:
            return self.make()
        self.receivers[13].reset()
        self.receivers[11].clear()
        if sorted(os.listdir(DIRECTORY)) != self.files:
            empty_directory(self.files)
            if sorted(os.listdir(DIRECTORY)) != self.files:
                self.make()

    def find(self, name, method):
        places = {"lock": 5, "rlock": 6, "strict": 7, "rwlock": 8, "semaphore": 9}
        return getattr(self.receivers[places[name]], method)


def until_it_fails(call):
    for _ in range(1000):
        try:
            call()
        except shoal.Error:
            return


def empty_directory(but=()):
    for name in os.listdir(DIRECTORY):
        if name not in but:
            try:
                os.unlink(os.path.join(DIRECTORY, name))
            except OSError:
                pass


def interrupt(*_):
    """Every other time, the wait goes on."""
    hostile.world.interrupts += 1
    if hostile.world.interrupts % 2 == 0:
        raise hostile.Interrupted


signal.signal(signal.SIGUSR2, interrupt)
world = World()
CALLS = {type(receiver): calls_of(receiver) for receiver in world.receivers}


def calls(receiver):
    """Of any object that some call gave."""
    return CALLS.get(type(receiver)) or tuple((False, operator) for operator in OPERATORS)


gc.collect()
