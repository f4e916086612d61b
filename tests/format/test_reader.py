"""What libshoal writes, the reader made from docs/format.md reads."""

import ctypes
import math
import os
import pathlib
import random
import re
import signal
import struct
import subprocess
import sys
import time

import pytest
from conftest import DTYPES, Dtype, View, Wire, Writer
from page import size_of
from reader import GROWTH, Damaged, LockState, Owner, Segment, siphash13

HERE = pathlib.Path(__file__).resolve().parent
DOCUMENT = (HERE.parents[1] / "docs/format.md").read_text()
SIZES = (0, 1, 15, 63, 64, 100, 200, 511, 4000, 4081, 4097, 9000, 32_752, 32_753, 70_000)


def item(size: int, seed: int) -> bytes:
    """A MessagePack bin."""
    return b"\xc6" + struct.pack(">I", size) + random.Random(seed).randbytes(size)


def array_bytes(dtype: str, shape: tuple) -> bytes:
    size = math.prod(shape) * DTYPES[dtype][1]
    return bytes(i % 2 for i in range(size)) if dtype == "bool" else random.Random(size).randbytes(size)


def test_hash_is_siphash13_of_the_table_in_the_document():
    vectors = re.findall(r"^\| 0, 0 \| `(\w+)` \| (0x\w+) \|$", DOCUMENT, re.MULTILINE)
    assert len(vectors) == 2
    for text, result in vectors:
        assert siphash13(text.encode(), 0, 0) == int(result, 16)


def test_empty_segment_has_nothing(writer, path):
    with Segment(path) as segment:
        assert segment.names() == {} and segment.objects() == 0 and segment.walk_heap() == (0, 0)
        assert segment.peers() == [Owner(0, os.getpid(), True)]
        with pytest.raises(KeyError):
            segment.find("a")


@pytest.mark.parametrize("seed", range(3))
def test_random_changes_leave_what_a_plain_dict_has(writer, path, seed):
    dice, plain = random.Random(seed), {}
    names = [f"{'n' * dice.randrange(1, 250)}-{i}" for i in range(1500)] + ["Grüße", "\U0001f40b", "x" * 255]
    for step in range(6000):
        name = dice.choice(names)
        if name in plain and dice.random() < 0.3:
            writer.remove(name)
            del plain[name]
        else:
            plain[name] = item(dice.choice(SIZES), step)
            writer.put(name, plain[name])
    with Segment(path) as segment:
        assert segment.names() == dict.fromkeys(plain, "Value") and segment.objects() == len(plain) > 500
        assert {name: segment.value(name) for name in plain} == plain
        segment.walk_heap()


def test_directory_grows_and_shrinks_again(writer, path):
    for i in range(5000):
        writer.put(f"name {i}", item(i % 40, i))
    with Segment(path) as segment:
        assert segment.buckets(segment.table()) == 4096 and segment.word(GROWTH) % 2 == 1  # most of its buckets are moved
        assert all(segment.value(f"name {i}") == item(i % 40, i) for i in range(5000))
        assert len(segment.names()) == 5000
        for i in range(5000, 5200):
            writer.put(f"name {i}", item(i % 40, i))
        assert segment.buckets(segment.table()) == 8192 and segment.word(GROWTH) % 2 == 0
        assert all(segment.value(f"name {i}") == item(i % 40, i) for i in range(5200))
        used, blocks = segment.walk_heap()
        assert blocks == 1 + 2 * 5200  # the table; an entry and a body each
        for i in range(5200):
            writer.remove(f"name {i}")
        assert segment.names() == {} and segment.walk_heap()[1] == 1


@pytest.mark.parametrize("size", [262_072, 262_073, 262_139, 262_140, 300_000, 1 << 20, 5_000_000])
def test_big_values_are_read_and_given_back(writer, path, size):
    with Segment(path) as segment:
        for seed in range(3):
            writer.put("big", item(size, seed))
            assert segment.value("big") == item(size, seed)
            segment.walk_heap()
        writer.remove("big")
        with pytest.raises(KeyError):
            segment.value("big")
        assert segment.walk_heap()[1] == 1


@pytest.mark.parametrize("dtype", DTYPES)
def test_arrays_of_every_dtype(writer, path, dtype):
    shapes = [(), (0,), (7,), (3, 0, 2), (2, 3, 4), (1,) * 32, (70_000,)]
    for i, shape in enumerate(shapes):
        writer.array(f"a{i}", dtype, shape, array_bytes(dtype, shape))
    with Segment(path) as segment:
        for i, shape in enumerate(shapes):
            array = segment.array(f"a{i}")
            assert (array.dtype, array.shape, array.data) == (dtype, shape, array_bytes(dtype, shape))
            assert segment.names()[f"a{i}"] == "NdArray"


@pytest.mark.parametrize("value", [0, 1, -1, 2**32, 2**63 - 1, -(2**63)])
def test_counters(writer, path, value):
    writer.counter("c", value)
    with Segment(path) as segment:
        assert segment.counter("c") == value


def test_a_lock_says_who_holds_it(writer, path):
    lock, other = writer.lock("l"), writer.lock("reentrant", 1)
    with Segment(path) as segment:
        assert segment.lock("l") == LockState(None, False, False) and segment.lock("reentrant") == LockState(None, False, True)
        writer.acquire(lock)
        assert segment.lock("l").owner == Owner(0, os.getpid(), True)
        writer.need(writer.library.shoal_lock_release(lock))
        assert segment.lock("l").owner is None
    for handle in (lock, other):
        writer.close_object(handle)


VICTIM = """
import sys; sys.path.insert(0, sys.argv[1])
from conftest import Writer, load
import os, random, struct
from test_reader import item
writer = Writer(load(sys.argv[2]), sys.argv[3])
"""


def victim(path: str, library_path: str, code: str) -> subprocess.Popen:
    process = subprocess.Popen([sys.executable, "-c", VICTIM + code, HERE, library_path, path], stdout=subprocess.PIPE)
    assert process.stdout.readline() == b"ready\n"
    return process


def kill(process: subprocess.Popen) -> None:
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()


def test_owner_that_was_killed_is_seen_dead_and_the_next_is_told(writer, path, library_path):
    lock = writer.lock("l")
    process = victim(path, library_path, "writer.acquire(writer.lock('l')); print('ready', flush=True); input()")
    with Segment(path) as segment:
        assert segment.lock("l").owner == Owner(1, process.pid, True) and len(segment.peers()) == 2
        kill(process)
        assert segment.lock("l") == LockState(Owner(1, process.pid, False), False, False)
        assert segment.peers()[1].alive is False
        assert writer.acquire(lock) == 1  # SHOAL_RECOVERED
        assert segment.lock("l") == LockState(Owner(0, os.getpid(), True), True, False)
        writer.need(writer.library.shoal_lock_release(lock))
        assert segment.lock("l") == LockState(None, False, False)
    writer.close_object(lock)


def test_readonly_attach_of_an_object_is_a_byte_lock(writer, library, path):
    writer.array("a", "int8", (4,), b"abcd")
    reading = Writer(library, path, readonly=True)
    with Segment(path) as segment:
        entry = segment.find("a")
        assert not segment.reader_has(entry)
        handle = reading.opened(library.shoal_object_open, "a")
        assert segment.reader_has(entry) and len(segment.peers()) == 1
        writer.remove("a")
        assert segment.names() == {} and segment.walk_heap()[1] == 3  # the table, the entry and its body stay
        view = View()
        reading.need(library.shoal_array_view(ctypes.byref(view), handle))
        assert ctypes.string_at(view.data, 4) == b"abcd"
        reading.close_object(handle)
        assert not segment.reader_has(entry)
    reading.close()


def test_removed_array_stays_while_a_peer_has_it(writer, path):
    handle = writer.open_array("a", "int8", (400_000,))
    with Segment(path) as segment:
        writer.remove("a")
        assert segment.names() == {} and segment.walk_heap()[1] == 4  # the table, a pin, the entry, its body
        writer.close_object(handle)
        assert segment.walk_heap()[1] == 1


STORM = """
hot = [item(3000 + i, i) for i in range(3)]  # three, for two blocks: each block gets each
print("ready", flush=True)
round = 0
while True:
    round += 1
    for size in (20, 30, 5000, 300_000):
        writer.put(f"toggles {size}", item(size + round % 2, round % 2))
        for i in range(40):
            writer.put("hot", hot[i % 3])
    for i in range(300):
        writer.put(f"{round} {i}", b"\\xc0")
    for i in range(300):
        writer.remove(f"{round} {i}")
"""


def assert_whole(segment: Segment) -> None:
    names, hot = segment.names(), [item(3000 + i, i) for i in range(3)]
    assert all(segment.value("hot") in hot for _ in range(20))
    assert names["steady"] == "Value" and segment.value("steady") == item(77, 1)
    for size in (20, 30, 5000, 300_000):
        assert segment.value(f"toggles {size}") in (item(size, 0), item(size + 1, 1)), size


def test_reader_sees_whole_values_beside_a_writer_and_after_its_death(writer, path, library_path):
    for size in (20, 30, 5000, 300_000):
        writer.put(f"toggles {size}", item(size, 0))
    writer.put("steady", item(77, 1))
    writer.put("hot", item(3000, 0))
    with Segment(path) as segment:
        for _ in range(5):
            process = victim(path, library_path, STORM)
            end = time.monotonic() + 0.3
            while time.monotonic() < end:
                assert_whole(segment)
            kill(process)
            assert_whole(segment)  # nobody has mended anything yet
        assert writer.check() == []
        segment.walk_heap()
        assert_whole(segment)


# ---- The header ----

GRANULES = [(1 << 32 + shift) - (1 << 31) for shift in range(4, 13)]  # from so many bytes on one has more than 1 << shift: 62 GiB, 126 GiB …
BORDERS = [192 << 10, 1 << 20, 1 << 30, *GRANULES]


@pytest.mark.parametrize("size", sorted({1, 300_000, 64 << 20, 63 << 30, 1 << 40, *(border + step for border in BORDERS for step in (
    -16384, -4097, -4096, -4095, -1, 0, 1, 4095, 4096, 16384))}))
def test_geometry_is_the_one_of_birth(library, path, size):
    """Of the size that is asked for, before it is rounded; `slots` goes by the file's."""
    writer = Writer(library, path, create=True, size=size)
    names = [f"name {i}" for i in range(20 if size < 1 << 20 else 60)]
    granule = next(shift for shift in range(4, 32) if (size + 2**31) >> shift < 2**32)
    shift = max(14 if size > 1 << 30 else 12, granule + 8)
    file_size = -(-max(size, 192 << 10) >> shift) << shift
    slots = 126 if file_size < 1 << 20 else 1022
    pages = (8192 + size_of("peer_sh") * slots + 4095) // 4096 * 4096

    def heap(count: int) -> int:
        return -(-(pages + 64 * count) >> shift) << shift

    with Segment(path) as segment:
        assert (segment.size, segment.granule_shift, segment.page_shift, segment.slots) == (file_size, granule, shift, slots)
        assert (segment.roster, segment.pages, segment.heap) == (8192, pages, heap(segment.heap_pages))
        assert heap(segment.heap_pages) + (segment.heap_pages << shift) <= file_size
        assert heap(segment.heap_pages + 1) + (segment.heap_pages + 1 << shift) > file_size
        assert os.fstat(segment.fd).st_blocks * 512 == 12288 + 4096
        for i, name in enumerate(names):
            writer.put(name, item(10 * i, i))
        assert all(segment.value(name) == item(10 * i, i) for i, name in enumerate(names))
        segment.walk_heap()
    assert writer.check() == []
    writer.close()


@pytest.mark.parametrize("offset, what", [(0, "magic"), (8, "version"), (12, "byte order"), (20, "sum"), (64, "sum"), (104, "sum"), (108, "sum")])
def test_a_damaged_header_is_refused_by_both(writer, library, path, offset, what):
    with open(path, "r+b") as file:
        file.seek(offset)
        byte = file.read(1)[0]
        file.seek(offset)
        file.write(bytes([byte ^ 2]))
        file.flush()
        with pytest.raises(Damaged, match=what):
            Segment(path)
        with pytest.raises(Exception, match="-8|-9"):
            Writer(library, path)
        file.seek(offset)
        file.write(bytes([byte]))


def test_a_truncated_file_is_refused(writer, path, tmp_path):
    copy = tmp_path / "copy"
    copy.write_bytes(pathlib.Path(path).open("rb").read(20_000))
    with pytest.raises(Damaged, match="size"):
        Segment(str(copy))


# ---- MessagePack ----

def written(library, call) -> bytes:
    wire = Wire()
    library.shoal_writer_init(ctypes.byref(wire))
    call(ctypes.byref(wire))
    assert wire.status == 0
    return ctypes.string_at(wire.bytes, wire.size)


def test_an_array_in_a_value_is_extension_1(library):
    view, size = View(), ctypes.c_uint64()
    data = ctypes.create_string_buffer(struct.pack("=6h", *range(6)), 12)
    assert library.shoal_view_init(ctypes.byref(view), ctypes.byref(size), Dtype(*DTYPES["int16"]),
                                   ctypes.c_size_t(2), (ctypes.c_int64 * 2)(2, 3)) == 0
    view.data = ctypes.addressof(data)
    got = written(library, lambda wire: library.shoal_write_ndarray(wire, ctypes.byref(view)))
    payload = struct.pack("<BBHI2Q6h", 3, 2, 0, 2, 2, 3, *range(6))
    assert got == b"\xc7" + bytes([len(payload), 1]) + payload


@pytest.mark.parametrize("seconds, nanoseconds, expected", [
    (1, 0, b"\xd6\xff" + struct.pack(">I", 1)),
    (1, 5, b"\xd7\xff" + struct.pack(">Q", 5 << 34 | 1)),
    (-1, 5, b"\xc7\x0c\xff" + struct.pack(">Iq", 5, -1))])
def test_a_time_is_the_timestamp_of_the_specification(library, seconds, nanoseconds, expected):
    got = written(library, lambda wire: library.shoal_write_time(wire, ctypes.c_int64(seconds), ctypes.c_uint32(nanoseconds)))
    assert got == expected
