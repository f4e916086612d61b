"""Objects that misbehave, for the fuzz targets of the Python binding, what there is to call, and what may come of it.

A hostile object does something when it is asked for its value: it raises, changes the containers that are being looked
at, closes the segment, or answers with what it should not. FACTORIES make them, of an inner object, a small number and
the number of what they are to do.
"""

import array
import collections
import ctypes
import datetime
import decimal
import fractions
import gc
import sys
import types
import warnings

import numpy

import shoal

warnings.simplefilter("ignore")
sys.unraisablehook = lambda _: None
gc.set_threshold(0)  # when it runs, an input says so


class Chosen(Exception):
    """What a hostile object raises."""


class Interrupted(Exception):
    """What the signal handler raises that ends a wait."""


ALLOWED = (
    shoal.Error, TypeError, ValueError, OverflowError, MemoryError, IndexError, KeyError, AttributeError, BufferError,
    RuntimeError, OSError, StopIteration, ZeroDivisionError, Chosen, Interrupted,
)

containers = []  # those of the present input
world = types.SimpleNamespace(segment=None, busy=False, interrupts=0)  # .segment: to be closed and changed under the caller's feet

# ---- What they do --------------------------------------------------------------------------------


def grow(container):
    if isinstance(container, dict):
        container[len(container) + 1000] = None
    else:
        container.append(0)


def exchange(container):
    """Another content of the same size."""
    if isinstance(container, dict) and container:
        container[f"new {len(container)}"] = container.pop(next(iter(container)))
    elif container:
        container.append([container.pop(0)])


def again(_):
    """What is being stored is stored once more, inside of its storing."""
    if world.segment is not None and not world.busy:
        world.busy = True
        try:
            for container in list(containers):
                world.segment["again"] = container
        finally:
            world.busy = False


def raise_(exception):
    raise exception


def each(change):
    def on_all(_):
        for container in list(containers):
            change(container)
    return on_all


def close(_):
    if world.segment is not None:
        world.segment.close()


def remove_all(_):
    if world.segment is not None:
        for name in list(world.segment):
            del world.segment[name]


ACTIONS = (
    lambda _: None,
    lambda _: raise_(Chosen("chosen")),
    lambda _: raise_(MemoryError()),
    lambda _: raise_(TypeError("no")),
    each(lambda container: container.clear()),
    each(grow),
    each(exchange),
    each(lambda container: container.append(container) if isinstance(container, list) else container.clear()),
    lambda _: gc.collect(0),
    again,
    close,
    remove_all,
    lambda _: containers.clear(),
    lambda _: raise_(StopIteration()),
)


def act(number):
    ACTIONS[number % len(ACTIONS)](number)


# ---- Who does it ---------------------------------------------------------------------------------


def with_method(base, *names):
    """
    A subclass of `base` whose methods of these names do what was asked of it and give the inner object. Not for ever: to go
    through an endless iterator takes for ever in Python, too.
    """
    def method(self, *_, **__):
        self.asked = getattr(self, "asked", 0) + 1
        if self.asked > 100:
            raise IndexError if "__getitem__" in names else StopIteration
        act(self.action)
        return self.inner
    return type(base.__name__.title() + names[0].strip("_").title(), (base,), {name: method for name in names})


def armed(made, inner, action):
    made.inner, made.action = inner, action
    return made


def factory_of(base, *names, make=lambda cls, inner, number: cls()):
    cls = with_method(base, *names)
    return lambda inner, number, action: armed(make(cls, inner, number), inner, action)


def as_text(inner):
    return inner if isinstance(inner, str) else "text"


Index = with_method(object, "__index__")
Float = with_method(object, "__float__")


def number_index(inner, number, action):
    """An honest __index__, but for what it does."""
    return armed(Index(), number, action)


def number_float(inner, number, action):
    return armed(Float(), float(number), action)


class Key(str):
    """Equal to whatever it is compared with. (What __hash__ gives is an int: CPython 3.11 leaks anything else.)"""

    def __hash__(self):
        act(self.action)
        return self.inner

    def __eq__(self, _):
        act(self.action)
        return True


def key(inner, number, action):
    made = armed(Key(as_text(inner)), number % 3, 0)
    made.action = action
    return made


class Attributes:
    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        act(self.action)
        return self.inner


def attributes(inner, number, action):
    return armed(Attributes(), inner, action)


class Dying:
    """Garbage that acts when it is collected."""

    def __init__(self, action):
        self.me, self.action = self, action

    def __del__(self):
        act(self.action)


def dying(inner, number, action):
    Dying(action)
    gc.collect(0)
    return inner


class Zone(datetime.tzinfo):
    def utcoffset(self, _):
        act(self.action)
        return self.inner

    dst = tzname = utcoffset


def zoned(inner, number, action):
    offset = datetime.timedelta(hours=number % 24, microseconds=number) if number >= 0 else inner
    return datetime.datetime(2000 + number, 1, 1, tzinfo=armed(Zone(), offset, action))


def moment(inner, number, action):
    zone = datetime.timezone(datetime.timedelta(minutes=number * 11))
    years = (1, 1969, 1970, 2038, 9999)
    return datetime.datetime(years[action % 5], 1 + number % 12, 1, 23, 59, 59, 999999, tzinfo=zone if action & 16 else None)


class Items(dict):
    """items() gives whatever it wants."""

    def items(self):
        act(self.action)
        if self.number == 0:
            return self.inner
        if self.number == 1:
            return [("key", self.inner), (self.inner, "value")]
        if self.number == 2:
            return iter([(self.inner,), ("a", "b", "c")])
        return super().items()


def items(inner, number, action):
    made = armed(Items(inner) if isinstance(inner, dict) else Items(a=1), inner, action)
    made.number = number % 4
    return made


class Astype(numpy.ndarray):
    """A numpy array whose conversions, fields and dtype are its own invention."""

    inner = action = None

    def astype(self, *_, **__):
        act(self.action or 0)
        return self if self.inner is None else self.inner


class Masked(numpy.ndarray):
    action = 0

    @property
    def mask(self):
        act(self.action)
        raise AttributeError


DTYPES = ("?", "i1", "<i2", ">i4", "<u8", ">f8", "<f4", "e", "c8", ">c16", "S3", "U2", "O", "M8[s]", "g", "V4", "i4,f8", "S1")


def ndarray(inner, number, action):
    made = numpy.zeros((2, 3), DTYPES[number % len(DTYPES)])
    views = (
        lambda a: a, lambda a: a[::-1], lambda a: a[:, ::2], lambda a: a.T, lambda a: a[0], lambda a: a[:0], lambda a: a[0, 0],
        lambda a: a[..., None], lambda a: numpy.broadcast_to(a, (4, 2, 3)), lambda a: a.reshape((1,) * 30 + (2, 3)),
    )
    made = views[action % len(views)](made)
    if action & 64 and isinstance(made, numpy.ndarray):
        made = made.view(Astype if action & 128 else Masked)
        made.inner, made.action = inner, number
    return made


def scalar(inner, number, action):
    """No datetime64: numpy 2.2 leaks when one is hashed."""
    kinds = (numpy.float16, numpy.longdouble, numpy.int8, numpy.uint64, numpy.bool_, numpy.complex64, numpy.str_, numpy.bytes_,
             lambda n: numpy.void(b"abcd"), numpy.float64)
    return kinds[action % len(kinds)](abs(number))


class Item(numpy.float64):
    def item(self, *_):
        act(self.action)
        return self.inner


def buffer(inner, number, action):
    data = bytearray(inner) if isinstance(inner, bytes) else bytearray(range(24))
    containers.append(data)
    view = memoryview(data)
    views = (
        lambda: view, lambda: view[::-1], lambda: view[::2], lambda: memoryview(bytes(24)).cast("h"), lambda: data,
        lambda: memoryview(bytearray(24)).cast("d", (3, 1)), lambda: memoryview(bytearray(24)).cast("B", (2, 3, 4))[::-1],
        lambda: array.array("hiqfd"[number % 5], range(5)), lambda: ((ctypes.c_int16 * 2) * 3)(), lambda: (ctypes.c_wchar * 3)(),
        lambda: (ctypes.c_longdouble * 2)(), lambda: (ctypes.py_object * 1)(inner), lambda: memoryview(bytearray(8)).cast("?"),
        lambda: view.release() or view, lambda: view[number:action], lambda: ctypes.c_double(number),
    )
    return views[action % len(views)]()


class Mapping(collections.UserDict):
    pass


def strange(inner, number, action):
    """Of the standard library, and not to be stored."""
    return (set(), frozenset((1,)), decimal.Decimal("1.5"), fractions.Fraction(1, 3), 1j, range(number), iter([inner] * 3),
            collections.deque((inner,)), collections.OrderedDict(a=inner), collections.defaultdict(list, a=inner), Mapping(a=inner),
            types.SimpleNamespace(a=inner), lambda *_: inner, object(), type(inner), NotImplemented, (n for n in (1, 2, number)),
            float("nan"))[action % 18]


class Predicate:
    def __call__(self, *_, **__):
        act(self.action)
        self.inner, result = True, self.inner
        return result


FACTORIES = (
    number_index, number_float, zoned, moment, items, ndarray, scalar, buffer, strange, dying,
    lambda inner, number, action: armed(Index(), inner, action),
    lambda inner, number, action: armed(Float(), inner, action),
    lambda inner, number, action: armed(Item(number), inner, action),
    lambda inner, number, action: armed(Predicate(), inner, action),
    factory_of(object, "__bool__"),
    factory_of(object, "__fspath__"),
    factory_of(object, "__len__", "__getitem__"),
    factory_of(object, "__iter__", "__next__"),
    attributes,
    key,
    factory_of(object, "__index__", "__float__", "__int__"),
    factory_of(object, "__array__", "__array_interface__", "__dlpack__"),
    factory_of(int, "__index__", "__str__", "__bool__", make=lambda cls, inner, number: cls(number)),
    factory_of(str, "__str__", "__fspath__", "encode", make=lambda cls, inner, number: cls(as_text(inner))),
    factory_of(bytes, "__bytes__", "__len__", "__fspath__", make=lambda cls, inner, number: cls(b"abc")),
    factory_of(float, "__float__", "__index__", make=lambda cls, inner, number: cls(number)),
    factory_of(list, "__len__", "__iter__", "__getitem__", make=lambda cls, inner, number: cls([inner] * (number % 4))),
    factory_of(tuple, "__len__", "__iter__", "__getitem__", make=lambda cls, inner, number: cls([inner] * (number % 4))),
    factory_of(dict, "__len__", "__iter__", "keys", make=lambda cls, inner, number: cls(a=inner)),
    factory_of(datetime.datetime, "utcoffset", make=lambda cls, inner, number: cls(2000, 1, 1)),
    factory_of(Exception, "__str__", make=lambda cls, inner, number: cls(inner)),
)

TYPES = (float, int, bool, complex, bytes, str, object, numpy.float32, numpy.int64, numpy.dtype("f8"), numpy.dtype(">i2"),
         numpy.dtype("U3"), numpy.dtype("i4,i4"), shoal.NdArray, shoal.Lock)
SHAPES = ((), (0,), (3,), (2, 3), 4, 0, -1, [2, 2], (1,) * 32, (1,) * 33, (2**40,), (2**31, 2**31), (0, 2**62), (2**63,), (2, -3), (5000,))
WORDS = (
    "", "a", "array", "counter", "lock", "rlock", "strict", "rwlock", "semaphore", "signal", "event", "condition", "barrier", "value",
    "big", "text", "grid", "bytes", "no such", "n\0l", "\ud800", "x" * 255, "x" * 256, "ü" * 127, "64M", "1K", "12", "-1", "1e3", "any",
    "persistent", "shared", "root", "standing", "sysv:1", "float64", "f8", ">f8", "S5", "S0", "S99999999999", "int8", "?", "O", "float",
    "./other", "no/such/folder", "...",
)
