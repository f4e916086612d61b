"""What no reader could have is refused at the put, with the path to it and what to store instead."""

import array
import collections
import ctypes
import dataclasses
import datetime
import decimal
import enum
import fractions
import os
import pathlib
import subprocess
import sys
import types
import uuid

import numpy as np
import pytest

import shoal

UTC = datetime.timezone.utc
UNITS = ["Y", "M", "W", "D", "h", "m", "s", "ms", "us", "ns", "ps", "fs", "as", "generic"]


@pytest.fixture(scope="module")
def store():
    with shoal.create(size="16M") as seg:
        yield seg
        assert seg.check() == []


def refused(store, value, exception=TypeError):
    """The message; what was there before is there still."""
    store["v"] = "before"
    with pytest.raises(exception) as caught:
        store["v"] = value
    assert store["v"] == "before"
    return str(caught.value)


def of_unit(kind, unit):
    return [kind(number) if unit == "generic" else kind(number, unit) for number in (5, "NaT")
            if not (kind is np.datetime64 and unit == "generic" and number == 5)]


# ---- Times of numpy and pandas ------------------------------------------------------------------------


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("kind", [np.datetime64, np.timedelta64])
def test_times_of_numpy_are_refused_whatever_their_unit(store, kind, unit):
    for time in of_unit(kind, unit):
        assert refused(store, time).startswith(f"numpy.{kind.__name__} cannot be stored: store value.astype(")
        assert refused(store, {"n": [0, time]}).startswith(f'["n"][1]: numpy.{kind.__name__} cannot')
        assert refused(store, {"n": ({7: time},)}).startswith(f'["n"][0][7]: numpy.{kind.__name__} cannot')
        if unit != "generic":  # which numpy has no hash for
            assert "a key of dict must be" in refused(store, {time: 1})
        assert 'store value.view("int64")' in refused(store, [np.array([time])])


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("kind", [np.datetime64, np.timedelta64])
@pytest.mark.parametrize("dtype", ["int64", "float64", "int8", "bool", "S8", "complex128"])
def test_times_of_numpy_are_no_elements_of_arrays(store, kind, unit, dtype):
    made = shoal.create(size="1M").array("a", 8, dtype)
    before = made.tolist()
    for time in of_unit(kind, unit):
        for key, value in ((..., time), (0, time), (slice(None), [time] * 8), (slice(None), np.array([time] * 8)), (0, np.array(time))):
            with pytest.raises(TypeError, match="datetime64|timedelta64"):
                made[key] = value
    assert made.tolist() == before


def test_a_timeout_is_seconds_and_no_timedelta64(store):
    lock = store.lock("timed")
    for timeout in (np.timedelta64(5, "ns"), np.timedelta64(5, "M"), np.datetime64(5, "s")):
        for wait in (lock.acquire, store.event("set").wait):
            with pytest.raises(TypeError, match="a timeout is a number of seconds"):
                wait(timeout=timeout)
    assert lock.acquire(timeout=np.float32(1))
    lock.release()


class NaTType(datetime.datetime):
    """As pandas.NaT is: a datetime that equals nothing."""

    def __eq__(self, other):
        return False

    __hash__ = datetime.datetime.__hash__

    def utcoffset(self):
        raise ValueError("NaTType does not support utcoffset")


def test_no_time_is_a_type_error_with_its_path(store):
    message = refused(store, {"n": [0, NaTType(1, 1, 1)]})
    assert message == '["n"][1]: NaTType cannot be stored: it names no point in time; store None'


def test_a_time_with_nanoseconds_is_stored_to_the_microsecond(store):
    class Timestamp(datetime.datetime):
        nanosecond = 789  # as in pandas

    store["v"] = Timestamp(2020, 1, 1, 0, 0, 0, 123456, UTC)
    assert store["v"] == datetime.datetime(2020, 1, 1, 0, 0, 0, 123456, UTC)


# ---- Times outside of the calendar ---------------------------------------------------------------------


@pytest.mark.parametrize("time", [
    datetime.datetime.min.replace(tzinfo=datetime.timezone(datetime.timedelta(microseconds=1))),
    datetime.datetime.min.replace(tzinfo=datetime.timezone(datetime.timedelta(hours=1))),
    datetime.datetime.max.replace(tzinfo=datetime.timezone(-datetime.timedelta(microseconds=1))),
    datetime.datetime.max.replace(tzinfo=datetime.timezone(-datetime.timedelta(hours=23, minutes=59))),
], ids=str)  # fmt: skip
def test_a_time_that_has_no_year_in_utc_is_an_overflow_error(store, time):
    for value, path in ((time, ""), ({"n": [0, time]}, '["n"][1]: ')):
        assert refused(store, value, OverflowError).startswith(path + "a time that is outside of the years 1 to 9999")


@pytest.mark.parametrize("offset", [-datetime.timedelta(hours=23), datetime.timedelta(0), datetime.timedelta(hours=23)], ids=str)
def test_the_first_and_the_last_time_of_the_calendar_come_back(store, offset):
    for time in (datetime.datetime.min, datetime.datetime.max):
        time = (time.replace(tzinfo=UTC) if (time.year == 1) == (offset.days < 0) else time.replace(tzinfo=datetime.timezone(-offset)))
        store["v"] = {"t": time}
        assert store["v"]["t"] == time


# ---- Shapes ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape, dtype", [((2**50, 0), "f8"), ((0, 2**50), "f8"), ((2**47, 0), "i2"), ((2**31, 0, 2**31), "u1"),
                                          ((2**48, 0), "u1"), ((3, 0, 2**46), "c16"), ((2**20, 2**20, 2**7, 0), "S2")])
def test_a_shape_that_no_reader_takes_is_a_value_error(store, shape, dtype):
    empty = np.empty(shape, dtype)
    for value, path in ((empty, ""), ({"rows": [1, empty], "x": 1}, '["rows"][1]: ')):
        assert refused(store, value, ValueError) == path + "the shape makes an array of more than 2^47 bytes"
    with pytest.raises(ValueError, match="more than 2\\^47 bytes"):
        store.array("huge", shape, dtype)


@pytest.mark.parametrize("shape, dtype", [((2**44, 0), "f8"), ((0, 2**47), "u1"), ((2**40, 0, 3), "f8"), ((0,) * 32, "i4")])
def test_the_largest_shapes_of_nothing_come_back(store, shape, dtype):
    store["v"] = {"rows": np.empty(shape, dtype)}
    assert store["v"]["rows"].shape == shape and store["v"]["rows"].dtype == dtype


def test_bytes_without_length_are_numpys_s1(store):
    """np.zeros(2, "S0") has dtype S1 before Shoal sees it."""
    assert np.zeros(2, "S0").dtype == "S1"
    store["v"] = np.zeros(2, "S0")
    assert store["v"].dtype == "S1"


# ---- Keys --------------------------------------------------------------------------------------------


class Text(str):
    __hash__ = str.__hash__

    def __eq__(self, other):
        return self is other


class Number(int):
    __hash__ = int.__hash__

    def __eq__(self, other):
        return self is other


class Pairs(dict):
    def items(self):
        return [("a", 1), ("b", 2), ("a", 3)]


@pytest.mark.parametrize("value, keys", [
    ({"1": "text", 1: "int"}, "the keys '1' and 1 are one key in PHP"),
    ({1: "int", "1": "text"}, "the keys 1 and '1' are one key in PHP"),
    ({"x": 0, 0: 1, "0": 2}, "the keys 0 and '0' are one key in PHP"),
    ({"-7": 0, "z": 1, -7: 2}, "the keys '-7' and -7 are one key in PHP"),
    ({str(2**63 - 1): 0, 2**63 - 1: 2}, f"the keys '{2**63 - 1}' and {2**63 - 1} are one key in PHP"),
    ({str(-(2**63)): 0, -(2**63): 2}, f"the keys '{-(2**63)}' and {-(2**63)} are one key in PHP"),
    ({np.str_("5"): 0, 5: 1}, "the keys '5' and 5 are one key in PHP"),
    (collections.OrderedDict([("1", 0), (1, 1)]), "the keys '1' and 1 are one key in PHP"),
    ({Text("a"): 1, Text("a"): 2, "b": 3}, "the key 'a' is there twice"),
    ({Number(7): 1, Number(7): 2}, "the key 7 is there twice"),
    (Pairs(), "the key 'a' is there twice"),
])
def test_keys_that_are_one_to_a_reader_are_a_value_error(store, value, keys):
    assert refused(store, value, ValueError).startswith(keys)
    assert refused(store, {"n": [0, value]}, ValueError).startswith('["n"][1]: ' + keys)


@pytest.mark.parametrize("value", [
    {"01": 0, 1: 1}, {"-0": 0, 0: 1}, {"1.0": 0, 1: 1}, {"1 ": 0, 1: 1}, {"+1": 0, 1: 1}, {"": 0, 0: 1}, {"-": 0, 0: 1}, {"1": 0, 2: 1},
    {str(2**63): 0, 2**63 - 1: 1}, {str(-(2**63) - 1): 0, -(2**63): 1}, {"٣": 0, 3: 1}, {"1e1": 0, 10: 1}, {"18446744073709551617": 0, 1: 1},
    {Text("a"): 1, "b": 2, 3: 4}, {1: 0, "x" * 70000: 1}, collections.Counter("aab"), collections.defaultdict(int, {"a": 1, 5: 2}),
], ids=lambda value: repr(value)[:40])  # fmt: skip
def test_keys_that_differ_to_every_reader_come_back(store, value):
    store["v"] = value
    assert list(store["v"].items()) == [(str(key) if isinstance(key, str) else key, item) for key, item in value.items()]


def test_floats_and_bools_are_no_keys_though_they_equal_ints(store):
    for key in (1.0, True):
        assert "a key of dict must be str or int, not" in refused(store, {"n": {key: 1}})
    store["v"] = {1: "first", True: "second", 1.0: "third"}  # one key, and it is the int
    assert store["v"] == {1: "third"} and type(next(iter(store["v"]))) is int


def test_a_key_of_bytes_that_is_no_text_comes_back(store):
    value = {b"\xff": 1, "a": 2, b"\x80" * 300: [b"\xc0"], 5: {b"\xed\xa0\x80": None}}
    store["v"] = value
    assert store["v"] == value and list(store["v"]) == list(value)
    assert refused(store, {b"\xff": [0, {1}]}).startswith(r"[b'\xff'][1]: set cannot")


@pytest.mark.parametrize("key", [b"", b"k", "ü".encode(), b"5"])
def test_a_key_of_bytes_that_are_text_is_a_type_error(store, key):
    assert refused(store, {"a": [{key: 1}]}).startswith('["a"][0]: a key of dict must be str or int, not bytes')


# ---- What to store instead ---------------------------------------------------------------------------


@dataclasses.dataclass
class Point:
    x: int
    y: list


class Colour(enum.Enum):
    RED = "r"


ALTERNATIVES = [
    (datetime.date(2020, 1, 2), "2020-01-02"), (datetime.time(1, 2), "01:02:00"), (datetime.timedelta(1, 2, 3), 86402.000003),
    (decimal.Decimal("1.10"), "1.10"), (fractions.Fraction(1, 3), "1/3"), (uuid.UUID(int=5), "00000000-0000-0000-0000-000000000005"),
    (pathlib.Path("/a/b"), "/a/b"), (pathlib.PurePosixPath("c"), "c"), (Point(1, [2]), {"x": 1, "y": [2]}), (Colour.RED, "r"),
    ({1}, [1]), (frozenset([1]), [1]), (range(3), [0, 1, 2]), (collections.deque([1, 2]), [1, 2]), ({"a": 1}.keys(), ["a"]),
    ((n for n in (1, 2)), [1, 2]), (types.MappingProxyType({"a": 1}), {"a": 1}), (collections.ChainMap({"a": 1}), {"a": 1}),
    (collections.UserDict(a=1), {"a": 1}), (collections.UserList([1]), [1]), (array.array("d", [1.5]), [1.5]), ((ctypes.c_int * 2)(1, 2), [1, 2]),
    (1j, [0.0, 1.0]), (np.complex64(2 + 1j), [2.0, 1.0]), (np.longdouble(0.5), 0.5), (np.ma.array([1, 2], mask=[0, 0]), np.array([1, 2])),
    (np.datetime64("2020-01-02", "ns"), datetime.datetime(2020, 1, 2, tzinfo=UTC)), (np.timedelta64(7, "M"), 7),
    (np.array(["a"]), ["a"]), (np.array([1, "a"], object), [1, "a"]), (np.zeros(1, "i4,f4"), [[0, 0.0]]), (np.array([5], "m8[ns]"), np.array([5])),
    (np.ones(2, np.longdouble), np.ones(2)), (datetime.datetime(2020, 1, 2), datetime.datetime(2020, 1, 2).astimezone()),
]  # fmt: skip


@pytest.mark.parametrize("value, instead", ALTERNATIVES, ids=lambda value: repr(value)[:30])
def test_the_message_says_what_to_store_instead(store, value, instead):
    path, _, expression = refused(store, {"n": [0, value]}).partition("store ")
    assert path.startswith('["n"][1]: ') and "cannot be stored" in path
    expression = expression.partition(" if it is ")[0].partition(" and its unit")[0]
    store["v"] = eval(expression, {"value": value, "datetime": datetime, "dataclasses": dataclasses, "os": os})
    assert np.array_equal(store["v"], instead) if isinstance(instead, np.ndarray) else store["v"] == instead


@pytest.mark.parametrize("value", [object(), len, int, ..., NotImplemented, Point, Colour, collections.deque, datetime.date, types],
                         ids=repr)
def test_where_nothing_is_known_nothing_is_advised(store, value):
    assert refused(store, [value]).endswith(" cannot be stored")


def test_a_class_that_lies_about_what_it_has_cannot_do_more_than_mislead(store):
    class Meta(type):
        def __getattr__(cls, name):
            raise ZeroDivisionError

    class Odd(metaclass=Meta):
        pass

    assert refused(store, [Odd()]) == "[0]: Odd cannot be stored"


# ---- Elsewhere ---------------------------------------------------------------------------------------


def test_an_index_of_a_wrong_type_is_an_index_error_as_in_numpy(store):
    made = store.array("indexed", (2, 3), "i4")
    view = np.asarray(made)
    for index in ("a", 1.0, np.float64(1), b"a", (0, "a"), (1.5, 0), {}, 1j, object()):
        for array_ in (view, made):
            with pytest.raises(IndexError):
                array_[index]
            with pytest.raises(IndexError):
                array_[index] = 1


def test_bytes_are_compared_with_texts_nowhere():
    """python -bb makes an exception of it."""
    code = "import shoal; s = shoal.create(size='1M'); s['v'] = {'a': 1, b'\\xff': 2, 5: 3}; print(s['v'])"
    done = subprocess.run([sys.executable, "-bb", "-c", code], stdout=subprocess.PIPE, text=True, timeout=60)
    assert done.returncode == 0 and done.stdout == "{'a': 1, b'\\xff': 2, 5: 3}\n"
