import collections
import datetime
import enum
import math
import subprocess
import sys
import threading
import time

import msgpack
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import shoal
from conftest import die_with_parent

UTC = datetime.timezone.utc
texts = st.text(st.characters(blacklist_categories=("Cs",)))
keys = texts | st.integers(-(2**63), 2**63 - 1)
times = st.datetimes(timezones=st.just(UTC))
leaves = st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats() | texts | st.binary() | times


def dictionaries(inner):
    """Not {"1": ..., 1: ...}: these are one key to PHP, and are refused."""
    return st.dictionaries(keys, inner).filter(lambda made: len({str(key) for key in made}) == len(made))


values = st.recursive(leaves, lambda inner: st.lists(inner) | dictionaries(inner), max_leaves=30)


def same(one, other):
    """Equal, of equal types and order, with NaN equal to itself and 0.0 different from -0.0."""
    if type(one) is not type(other):
        return False
    if isinstance(one, float):
        return (math.isnan(one) and math.isnan(other)) or (one == other and math.copysign(1, one) == math.copysign(1, other))
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict):
        return same(list(one), list(other)) and same(list(one.values()), list(other.values()))
    return one == other


@pytest.fixture(scope="module")
def store():
    with shoal.create(size="64M") as seg:
        yield seg
        assert seg.check() == []


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=values)
def test_any_value_comes_back_as_it_was(store, value):
    store["v"] = value
    assert same(store["v"], value)


@pytest.mark.parametrize(
    "value",
    [
        None, True, False, 0, -1, 2**63 - 1, -(2**63), 127, 128, -32, -33, 255, 256, 65535, 65536, 2**32 - 1, 2**32,
        0.0, -0.0, math.inf, -math.inf, math.nan, 5e-324, "", "ü", "😀", "a\0b", "x" * 31, "x" * 32, "x" * 255,
        "x" * 256, "x" * 65535, "x" * 65536, b"", b"\0", bytes(range(256)), b"x" * 70000, [], {}, [[]], [{}], {"": []},
        list(range(15)), list(range(16)), list(range(70000)), {i: i for i in range(16)}, {"a": {1: {"b": [None]}}},
    ],
    ids=lambda value: repr(value)[:30],
)  # fmt: skip
def test_the_edges_come_back_as_they_were(store, value):
    store["v"] = value
    assert same(store["v"], value)


@pytest.mark.parametrize(
    "size", [4000, 4080, 4090, *range(4092, 4098), 5000, *range(65530, 65545), 262143, 262144, 262145, 3 << 20]
)
def test_values_of_any_size_come_back(store, size):
    for value in (bytes([size % 251]) * size, "x" * size, "ä" * (size // 2), "x" * (size - 2) + "ä"):
        store["v"] = value
        back = store["v"]
        assert type(back) is type(value) and back == value and hash(back) == hash(value) and len(back) == len(value)
    store["v"] = ["x", b"y" * size]
    assert store["v"] == ["x", b"y" * size]


KINDS_THAT_REPLACE_EACH_OTHER = {
    "any size": '[b"a" * 300_000, "b" * 300_000, b"c" * 5000, "d" * 70_000, "ä" * 100_000, ["e" * 200_000, b"f"], b"g" * 900_000, 5]',
    "one size": '[b"a" * 5000, "b" * 5000, ["c" * 4994, 1, 2]]',
}


@pytest.mark.parametrize("kinds", KINDS_THAT_REPLACE_EACH_OTHER.values(), ids=KINDS_THAT_REPLACE_EACH_OTHER)
def test_a_large_value_that_another_process_replaces_is_always_one_that_was_put(segment, name, kinds):
    every = eval(kinds)
    segment["v"] = every[0]
    code = f"import shoal\nsegment = shoal.open({name!r})\nwhile True:\n    for each in {kinds}: segment['v'] = each"
    with subprocess.Popen([sys.executable, "-c", code], preexec_fn=die_with_parent) as writer:
        try:
            seen, end = set(), None
            while end is None or time.monotonic() < end:
                seen.add(every.index(segment["v"]))
                if end is None and len(seen) > 1:
                    end = time.monotonic() + 0.5
            assert len(seen) > 2
        finally:
            writer.kill()


def test_other_types_come_back_as_their_plain_ones(store):
    class Colour(enum.IntEnum):
        RED = 3

    class Word(str, enum.Enum):
        YES = "yes"

    Point = collections.namedtuple("Point", "x y")
    for given_, back in (
        ((1, 2), [1, 2]),
        (Point(1, 2), [1, 2]),
        (Colour.RED, 3),
        (Word.YES, "yes"),
        (bytearray(b"ab"), b"ab"),
        (memoryview(b"abcd")[1:3], b"bc"),
        (memoryview(b"abcdef")[::2], b"ace"),
        (memoryview(np.arange(3, dtype="i2")), np.arange(3, dtype="i2").tobytes()),
        (collections.defaultdict(int, a=1), {"a": 1}),
        (np.float64(1.5), 1.5),
        (np.float32(1.5), 1.5),
        (np.int8(-5), -5),
        (np.uint64(5), 5),
        (np.bool_(True), True),
        (np.str_("t"), "t"),
        (np.bytes_(b"t"), b"t"),
    ):
        store["v"] = [given_]
        assert same(store["v"], [back]), given_


def test_the_order_of_a_dict_is_kept(store):
    ordered = collections.OrderedDict([("b", 1), ("a", 2), (3, 4)])
    ordered.move_to_end("b")
    store["v"] = ordered
    assert list(store["v"].items()) == [("a", 2), (3, 4), ("b", 1)]


@pytest.mark.parametrize(
    "value, path, what",
    [
        ({"rows": [1, 2, 3, {4}]}, '["rows"][3]: ', "set"),
        ({1, 2}, "", "set"),
        ([[object()]], "[0][0]: ", "object"),
        ({"a": {7: 1j}}, '["a"][7]: ', "complex"),
        ((1, (2, range(3))), "[1][1]: ", "range"),
        ([datetime.date(2020, 1, 1)], "[0]: ", "datetime.date"),
        ([datetime.timedelta(1)], "[0]: ", "datetime.timedelta"),
        ([len], "[0]: ", "builtin_function_or_method"),
        ({"k": np.complex128(1)}, '["k"]: ', "numpy.complex128"),
        ([np.datetime64("2020-01-01")], "[0]: ", "numpy.datetime64"),
        ([np.array([object()])], "[0]: ", "numpy.ndarray of dtype object"),
        ([np.array(["text"])], "[0]: ", "numpy.ndarray of dtype <U4"),
        ([np.zeros(2, "M8[s]")], "[0]: ", "numpy.ndarray of dtype datetime64"),
        ([np.zeros(2, [("a", "i4")])], "[0]: ", "numpy.ndarray of dtype"),
        ([np.ma.masked_array([1, 2], [0, 1])], "[0]: ", "MaskedArray"),
    ],
)
def test_what_cannot_be_stored_is_named_with_its_path(store, value, path, what):
    store["v"] = "before"
    with pytest.raises(TypeError) as caught:
        store["v"] = value
    assert str(caught.value).startswith(path + what) and "cannot be stored" in str(caught.value)
    assert store["v"] == "before"


@pytest.mark.parametrize("key", [None, True, 1.5, b"k", (1, 2)])
def test_keys_are_texts_or_ints(store, key):
    with pytest.raises(TypeError, match=r'^\["a"\]\[0\]: a key of dict must be str or int, not ' + type(key).__name__):
        store["v"] = {"a": [{key: 1}]}


@pytest.mark.parametrize("number", [2**63, -(2**63) - 1, 2**64, 10**100])
def test_ints_beyond_64_bits_are_overflow_errors(store, number):
    with pytest.raises(OverflowError, match=r'^\["n"\]\[1\]: '):
        store["v"] = {"n": [0, number]}
    with pytest.raises(OverflowError, match=r'^\["n"\]: '):
        store["v"] = {"n": {number: 0}}


def test_lone_surrogates_are_value_errors(store):
    with pytest.raises(ValueError, match=r'^\["t"\]\[0\]: .*surrogate'):
        store["v"] = {"t": ["a\udc80"]}
    with pytest.raises(ValueError, match=r'^\["t"\]: .*surrogate'):
        store["v"] = {"t": {"a\udc80": 1}}


def test_a_naive_datetime_names_no_point_in_time(store):
    with pytest.raises(TypeError, match=r"^\[0\]: datetime.datetime without a time zone"):
        store["v"] = [datetime.datetime(2020, 1, 1)]


@pytest.mark.parametrize(
    "time",
    [
        datetime.datetime(1, 1, 1, tzinfo=UTC),
        datetime.datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
        datetime.datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
        datetime.datetime(1970, 1, 1, tzinfo=UTC),
        datetime.datetime(2000, 2, 29, 12, 30, 15, 123456, tzinfo=UTC),
        datetime.datetime(2024, 6, 1, 12, 0, tzinfo=datetime.timezone(datetime.timedelta(hours=5, minutes=30))),
        datetime.datetime(2024, 6, 1, 12, 0, 0, 5, tzinfo=datetime.timezone(datetime.timedelta(microseconds=-7))),
        datetime.datetime(2106, 2, 7, 6, 28, 16, tzinfo=UTC),
        datetime.datetime(2514, 5, 30, 1, 53, 4, tzinfo=UTC),
    ],
)
def test_aware_datetimes_come_back_in_utc(store, time):
    store["v"] = time
    assert store["v"] == time and store["v"].tzinfo is UTC and type(store["v"]) is datetime.datetime


def test_nesting_stops_at_512(store):
    def nested(depth, wrap):
        value = 0
        for _ in range(depth):
            value = wrap(value)
        return value

    for wrap in (lambda inner: [inner], lambda inner: {"k": inner}):
        store["v"] = nested(512, wrap)
        assert store["v"] == nested(512, wrap)
        with pytest.raises(ValueError, match="512"):
            store["v"] = nested(513, wrap)
        with pytest.raises(ValueError):
            store["v"] = nested(100000, wrap)


def in_a_process_of_its_own(code, *arguments):
    """What it printed: a thread that comes to the end of its stack ends the process."""
    done = subprocess.run([sys.executable, "-c", code, *map(str, arguments)], stdout=subprocess.PIPE, text=True, timeout=60)
    assert done.returncode == 0
    return done.stdout


READ_IN_A_SMALL_STACK = """
import sys, threading, shoal
seg = shoal.create(size="1M")
deep, wide = [], {"k": [1, 2.5, "text", {"k": b"x" * 3000}], "t": ["y" * 300] * 9}
for _ in range(510):
    deep = [deep]
seg["shallow"], seg["wide"], seg["deep"] = [1], wide, deep
got = []
for size in range(32768, 131072, 4096):  # what is the least differs
    try:
        threading.stack_size(size)
        break
    except ValueError:
        pass
thread = threading.Thread(target=lambda: got.extend([seg["shallow"], seg["wide"], seg["deep"]]))
thread.start()
thread.join()
print(got == [[1], wide, deep])
"""


def test_values_are_read_in_the_smallest_stack_of_a_thread():
    assert in_a_process_of_its_own(READ_IN_A_SMALL_STACK) == "True\n"


def test_a_value_read_while_another_is_read_is_whole(store):
    """What is collected while a value is made may read in its turn."""
    import gc

    class Reader:
        def __del__(self):
            got.append(store["inner"])

    got = []
    store["inner"], store["outer"] = ["inner" * 20] * 10, [["outer"] for _ in range(300)]
    before = gc.get_threshold()
    gc.set_threshold(10)
    try:
        for _ in range(200):
            reader = Reader()
            reader.itself = reader
            del reader
            assert store["outer"] == [["outer"] for _ in range(300)]
    finally:
        gc.set_threshold(*before)
    if not getattr(sys, "_is_gil_enabled", lambda: True)():
        gc.collect()  # a free-threaded CPython does so between its own steps only, and seldom
    assert len(got) > 10 and all(inner == ["inner" * 20] * 10 for inner in got)


HUGE = """
import sys, numpy, shoal
seg = shoal.create(size="8M")
million = b"x" * (1 << 20)
huge = {
    "array": numpy.broadcast_to(numpy.float32(3), (500, 1000, 1000)),
    "list": [million] * 2000,
    "nested": {"k": [[million, million] for _ in range(1000)]},
    "strided": memoryview(bytearray(2 * 200 << 20))[::2],
    "text": chr(0xe4) * (200 << 20),
    "items": [None] * (16 << 20),
}[sys.argv[1]]

def most():
    return int(next(line for line in open("/proc/self/status") if line.startswith("VmHWM")).split()[1]) >> 10

before = most()
try:
    seg["k"] = huge
except shoal.NoSpace as error:
    print(most() - before, error)
"""


@pytest.mark.parametrize("kind", ["array", "list", "nested", "strided", "text", "items"])
def test_a_value_larger_than_its_segment_is_refused_before_it_is_copied(kind):
    megabytes, message = in_a_process_of_its_own(HUGE, kind).split(maxsplit=1)
    assert int(megabytes) <= 40
    assert "larger than its segment" in message


@pytest.mark.parametrize("key", [b"\x98\1\2\3\4\5\6\7\x08", b"\x83\1\2\3\4\5\6\xa1x", b"\xcb" + bytes(8), b"\x92\xc0\xc2\xa5abcde"],
                         ids=["list", "map", "float", "list of others"])
def test_a_map_with_a_key_that_no_dict_can_have_is_corrupt(key):
    import mmap

    with shoal.create(size="1M") as seg:
        seg["v"] = {"a": [{"shoalkey": 1}]}
        with mmap.mmap(seg.fileno(), 0) as memory:
            at = memory.find(b"\xa8shoalkey")
            memory[at : at + 9] = key
        with pytest.raises(shoal.Corrupt, match="key of type"):
            seg["v"]
        with pytest.raises(shoal.Corrupt):
            seg.get("v")


def test_cycles_are_value_errors(store):
    one, two = [], {}
    one.append({"a": one})
    two["self"] = [two]
    with pytest.raises(ValueError, match=r'^\[0\]\["a"\]: list contains itself'):
        store["v"] = one
    with pytest.raises(ValueError, match=r'^\["self"\]\[0\]: dict contains itself'):
        store["v"] = two
    shared = [1]
    store["v"] = [shared, shared]
    assert store["v"] == [[1], [1]]


def test_a_container_that_changes_meanwhile_is_noticed(store):
    class Zone(datetime.tzinfo):
        def __init__(self, change):
            self.change = change

        def utcoffset(self, when):
            self.change()
            return datetime.timedelta(0)

    values_ = []
    values_.append(datetime.datetime(2020, 1, 1, tzinfo=Zone(values_.clear)))
    values_.append(1)
    with pytest.raises(RuntimeError, match="changed size"):
        store["v"] = values_
    mapping = {}
    mapping["t"] = datetime.datetime(2020, 1, 1, tzinfo=Zone(lambda: mapping.update({i: i for i in range(100)})))
    with pytest.raises(RuntimeError, match="changed size"):
        store["v"] = mapping


def test_an_exception_of_the_value_passes_through(store):
    class Zone(datetime.tzinfo):
        def utcoffset(self, when):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        store["v"] = [datetime.datetime(2020, 1, 1, tzinfo=Zone())]


DTYPES = "? i1 i2 i4 i8 u1 u2 u4 u8 f2 f4 f8 c8 c16 S1 S5".split()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 3), (2, 0, 3), (1,) * 32])
def test_arrays_come_back_as_numpys(store, dtype, shape):
    array = np.arange(int(np.prod(shape))).reshape(shape).astype(dtype)
    store["v"] = {"a": array}
    back = store["v"]["a"]
    assert type(back) is np.ndarray and back.dtype == array.dtype and back.shape == shape
    assert back.tolist() == array.tolist() and back.flags.writeable


def test_arrays_of_any_layout_come_back(store):
    base = np.arange(24, dtype="f8").reshape(2, 3, 4)
    for array in (base.T, base[:, ::-1], base[::2, 1:, ::3], np.broadcast_to(base[0, 0], (5, 4)), np.asfortranarray(base)):
        store["v"] = array
        assert np.array_equal(store["v"], array)


def test_arrays_of_the_other_byte_order_come_back(store):
    array = np.array([1, 2, 300], dtype=">i4")
    store["v"] = array
    assert store["v"].tolist() == [1, 2, 300] and store["v"].dtype == "i4"


def test_an_ndarray_of_the_segment_is_stored_as_a_copy(store):
    live = store.array("live", (2, 2), "i4")
    live[...] = [[1, 2], [3, 4]]
    store["copy"] = live
    store["row"] = [live[1]]
    live[0, 0] = 9
    assert store["copy"].tolist() == [[1, 2], [3, 4]] and store["row"][0].tolist() == [3, 4]
    del store["live"]


def test_a_value_cannot_take_the_name_of_a_live_object(store):
    store.counter("c").exchange(5)
    for value in (1, "text", [1], np.zeros(3)):
        with pytest.raises(shoal.TypeMismatch):
            store["c"] = value
    assert store["c"].value == 5


def test_an_equal_array_is_copied_into_an_ndarray(store):
    live = store.array("grid", (2, 3), "f4")
    store["grid"] = np.arange(6, dtype="f4").reshape(2, 3)
    assert live.tolist() == [[0, 1, 2], [3, 4, 5]]
    store["grid"] = live[::-1]
    assert store["grid"] is not live and store["grid"].shape == (2, 3)
    before = live.tolist()
    for other in (np.zeros((2, 3), "f8"), np.zeros((3, 2), "f4"), np.zeros(6, "f4"), np.zeros((2, 3, 1), "f4"), 5, [[0] * 3] * 2):
        with pytest.raises(shoal.TypeMismatch) as caught:
            store["grid"] = other
        assert isinstance(caught.value, TypeError) and "grid" in str(caught.value)
    assert live.tolist() == before


def test_the_stored_bytes_are_messagepack_that_others_read(store):
    value = {"a": [1, -5, 2.5, None, True, "ü", b"\xff"], 7: {"t": datetime.datetime(2024, 1, 1, tzinfo=UTC)}}
    store["v"] = value
    raw = stored_bytes(store, "v")
    assert msgpack.unpackb(raw, strict_map_key=False, timestamp=3) == value


def stored_bytes(seg, key):
    """The MessagePack of the one value that starts with a fixed map of two, found in the memory itself."""
    import mmap

    with mmap.mmap(seg.fileno(), 0, prot=mmap.PROT_READ) as memory:
        packed = msgpack.packb({"a": 0})[:3]
        at = memory.find(b"\x82" + packed[1:3])
        assert at > 0
        unpacker = msgpack.Unpacker(strict_map_key=False)
        unpacker.feed(memory[at : at + 200])
        unpacker.skip()
        return memory[at : at + unpacker.tell()]


def test_a_reader_sees_the_old_value_or_the_new_one(store):
    store["v"] = [0] * 2000
    stop = threading.Event()

    def write():
        i = 0
        while not stop.is_set():
            i += 1
            store["v"] = [i] * (2000 + i % 100)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _ in range(2000):
            seen = store["v"]
            assert len(set(seen)) == 1 and len(seen) in (2000, 2000 + seen[0] % 100)
    finally:
        stop.set()
        writer.join()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.tuples(st.sampled_from(["put", "delete", "get"]), st.sampled_from("abcdefgh"), st.binary(max_size=5000)), max_size=60))
def test_random_operations_agree_with_a_dict(steps):
    plain = {}
    with shoal.create(size="8M") as seg:
        for what, key, value in steps:
            if what == "put":
                seg[key] = plain[key] = value
            elif what == "get":
                assert seg.get(key) == plain.get(key)
            elif key in plain:
                del seg[key], plain[key]
            else:
                with pytest.raises(KeyError):
                    del seg[key]
        assert dict(seg) == plain and len(seg) == len(plain) and seg.check() == []
