"""What somebody who wrote a reader from docs/format.md once had to guess is said there, and is so."""

from __future__ import annotations

import ctypes
import os
import random
import struct
import subprocess
import sys

import pytest
from conftest import DTYPES, Error, View, Writer
from reader import GROWTH, NDARRAY, Damaged, Owner, Permits, Segment
from test_reader import HERE, VICTIM, array_bytes, item, kill, victim

LIMBO, REMOVED = 148, 152


# ---- Listing, and looking up while the table grows ----

CHURN = """
print("ready", flush=True)
round = 0
while True:
    round += 1
    for i in range(600):
        writer.put(f"{round} {i}", b"\\xc0")
    for i in range(600):
        writer.remove(f"{round} {i}")
"""


def test_what_is_there_all_the_time_is_listed_once(writer, path, library_path):
    steady = sorted(f"steady {i}" for i in range(200))
    for name in steady:
        writer.put(name, b"\xc0")
    process, looks = victim(path, library_path, CHURN), 0
    with Segment(path) as segment:
        while looks < 60:
            listed = [entry.name.decode() for entry in segment.entries()]
            assert sorted(name for name in listed if name in steady) == steady
            looks += 1
        kill(process)
        names = [entry.name for entry in segment.entries_of_one_moment()] if not writer.check() else []
        assert len(names) == len(set(names)) == segment.objects()


def test_a_listing_of_one_moment_has_as_many_names_as_there_are(writer, path, library_path):
    code = """
print("ready", flush=True)
import time
for i in range(100000):
    writer.put(f"{i % 50}", b"\\xc0")
    if i % 50 == 49:
        writer.remove(f"{i // 50 % 50}")
        time.sleep(0.002)
"""
    process = victim(path, library_path, code)
    with Segment(path) as segment:
        for _ in range(20):
            listed = [entry.name for entry in segment.entries_of_one_moment()]
            assert len(listed) == len(set(listed)) <= 50
    kill(process)


GROW = """
import sys
print("ready", flush=True)
for line in sys.stdin:
    first, end = map(int, line.split())
    for i in range(first, end):
        writer.put(f"name {i}", item(i % 40, i))
    print(end, flush=True)
"""


def test_names_are_found_while_the_table_grows_in_steps(writer, path, library_path):
    process = subprocess.Popen([sys.executable, "-c", VICTIM + GROW, HERE, library_path, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "ready\n"
    dice, growing, moved, known = random.Random(1), 0, 0, 0
    with Segment(path) as segment:
        for end in [*range(60, 140), *range(140, 9000, 97)]:
            process.stdin.write(f"{known} {end}\n")
            process.stdin.flush()  # from here on it adds names while we look
            for i in [dice.randrange(known) for _ in range(40)] if known else []:
                assert segment.value(f"name {i}") == item(i % 40, i)
            with pytest.raises(KeyError):
                segment.find("nobody")
            known = int(process.stdout.readline())
            growing += segment.word(GROWTH) % 2
            moved += any(segment.word(segment.offset(segment.table(), 16) + 16 + 8 * i) == 1 for i in range(64)) if known > 64 else 0
            assert segment.value(f"name {known - 1}") == item((known - 1) % 40, known - 1)
        assert growing > 20 and moved > 20 and len(segment.names()) == known
    process.stdin.close()
    assert process.wait() == 0
    process.stdout.close()


def test_a_chain_without_end_ends(writer, path):
    for name in "abc":
        writer.put(name, b"\xc0")
    with Segment(path) as segment, open(path, "r+b") as file:
        entry = segment.find("a")
        at = segment.offset(entry.ref)
        whole = os.pread(file.fileno(), 8, at)
        os.pwrite(file.fileno(), struct.pack("=2I", entry.ref, entry.ref), at)
        segment.heap_pages = min(segment.heap_pages, 64)  # 4096 entries fit there
        with pytest.raises(Damaged, match="without end"):
            segment.entries()
        found = writer.check()
        os.pwrite(file.fileno(), whole, at)
        assert any("to which something else refers, too" in sentence for sentence in found)


# ---- Keeping ----

def test_the_readers_byte_keeps_an_object_that_others_remove(writer, path):
    data = array_bytes("float64", (300,))
    for name in ("kept", "not kept"):
        writer.array(name, "float64", (300,), data)
    with Segment(path) as segment:
        entry = segment.keep("kept")
        for name in ("kept", "not kept"):
            writer.remove(name)
        assert (segment.word(LIMBO), segment.word(REMOVED)) == (entry.ref, 1)
        writer.array("another", "float64", (300,), array_bytes("float64", (300,))[::-1])
        at = segment.offset(entry.body)
        assert segment.read(at + struct.unpack("=I", segment.read(at + 12, 4))[0], len(data)) == data
        segment.give_back(entry)
        info = ctypes.create_string_buffer(4096)
        writer.need(writer.library.shoal_segment_info(info, writer.segment))  # asks for facts: sweeps
        assert (segment.word(LIMBO), segment.word(REMOVED)) == (0, 0)


def test_a_byte_that_is_locked_too_late_is_given_back(writer, path):
    writer.array("a", "int8", (3,), b"abc")
    with Segment(path) as segment:
        entry = segment.find("a")
        writer.remove("a")
        segment.lock_byte(entry, 0)  # F_RDLCK
        assert not segment.is_there(entry)
        segment.give_back(entry)
        with pytest.raises(KeyError):
            segment.keep("a")


# ---- Descriptors ----

def test_an_anonymous_segment_is_attached_through_a_descriptor(library):
    writer = Writer.__new__(Writer)
    writer.library, writer.context, writer.segment = library, ctypes.c_void_p(library.shoal_context_new()), ctypes.c_void_p()
    writer.need(library.shoal_create(ctypes.byref(writer.segment), writer.context, None, None))
    writer.array("a", "int8", (3,), b"abc")
    with Segment(int(library.shoal_segment_fd(writer.segment))) as segment:
        assert segment.array("a").data == b"abc" and segment.peers() == [Owner(0, os.getpid(), True)]
        entry = segment.keep("a")  # its own description: not the one that the writer asks with
        writer.remove("a")
        assert segment.word(LIMBO) == entry.ref
        segment.give_back(entry)
    assert writer.check() == []
    writer.close()


# ---- Permits ----

def test_permits_of_the_dead_are_free(writer, path, library_path):
    code = """
import ctypes
handle = writer.opened(writer.library.shoal_semaphore_open, "s", ctypes.c_uint32(5), ctypes.c_uint32(0))
for _ in range(3):
    writer.need(writer.library.shoal_semaphore_acquire(handle, ctypes.c_int64(0)))
print("ready", flush=True); input()
"""
    process, value = victim(path, library_path, code), ctypes.c_uint32()
    with Segment(path) as segment:
        handle = writer.opened(writer.library.shoal_object_open, "s")
        writer.need(writer.library.shoal_semaphore_acquire(handle, ctypes.c_int64(0)))
        for expected in (Permits(1, 0), Permits(4, 3)):
            assert segment.semaphore("s") == expected
            writer.need(writer.library.shoal_semaphore_value(ctypes.byref(value), handle))
            assert value.value == expected.free
            if process.returncode is None:
                kill(process)
        for _ in range(4):
            writer.need(writer.library.shoal_semaphore_acquire(handle, ctypes.c_int64(0)))
        assert segment.semaphore("s") == Permits(0, 0)
    writer.need(writer.library.shoal_semaphore_release(handle, ctypes.c_uint32(5)))
    writer.close_object(handle)


# ---- Blocks ----

@pytest.mark.parametrize("size", [1 << 20, 1 << 30, (1 << 30) + 1, 62 << 30, 126 << 30, 1 << 40])
def test_the_block_of_an_array_is_asked_for_in_64s(library, path, size):
    """Of each granule: the block is the one that the rounded size gets, and elements lie at multiples of 64."""
    writer, dice = Writer(library, path, create=True, size=size), random.Random(size)
    with Segment(path) as segment:
        for i, count in enumerate([0, 1, 24, 31, 32, 33, 63, 64, 65, *(dice.randrange(5000) for _ in range(40))]):
            shape = (1,) * (i % 5) + (count,)
            writer.array(f"a{i}", "int8", shape, array_bytes("int8", shape))
            entry = segment.find(f"a{i}")
            at = segment.offset(entry.body)
            start, nbytes = struct.unpack("=IQ", segment.read(at + 12, 12))
            assert entry.kind == NDARRAY and (at + start) % 64 == 0
            asked = -(-(start + nbytes) // 64) * 64
            assert segment.block_of(entry.body) == (at, segment.class_for(asked)), count
    assert writer.check() == []
    writer.close()


@pytest.mark.parametrize("size", [1 << 20, 1 << 31, 62 << 30, 126 << 30, 254 << 30])
def test_of_a_name_that_was_replaced_before_a_block_of_4096_bytes_becomes_the_spare_and_a_larger_one_does_not(library, path, size):
    """With its header: payloads of 4080 bytes and of 4081."""
    writer = Writer(library, path, create=True, size=size)
    with Segment(path) as segment:
        for payload in (0, 100, 4079, 4080, 4081, 4096, 4097, 6000):
            writer.put("v", b"\xc0")
            first = segment.find("v")
            writer.put("v", bytes(payload) or b"\xc0")
            before = segment.find("v")
            block = segment.block_of(before.body)[1]
            writer.put("v", b"\xc0")
            after = segment.find("v")
            assert block == segment.class_for(max(payload, 1) + (64 if payload > 4096 else 16))
            assert (before.spare, before.version - first.version) == (0, 6)
            assert (after.spare == before.body) == (block <= 4096) == (payload <= 4080), payload
            assert (after.version - before.version) % 2**32 == (2 if block <= 4096 else 6)
            writer.remove("v")
        assert segment.granule_shift == 4 + (size >= 62 << 30) + (size >= 126 << 30) + (size >= 254 << 30)
    writer.close()


def test_versions_are_compared_modulo_their_32_bits(writer, path):
    writer.put("v", item(20, 1))
    with Segment(path) as segment, open(path, "r+b") as file:
        at = segment.offset(segment.find("v").ref) + 24
        os.pwrite(file.fileno(), struct.pack("=I", 2**32 - 4), at)
        entry = segment.find("v")
        for seed in range(3):
            assert segment.unchanged(entry) == (seed < 2)  # two replacements: the first writes the block that we did not read
            writer.put("v", item(20, seed))
        assert segment.word(at) == 2 and segment.value("v") == item(20, 2)


# ---- Damage ----

def patched(path: str, at: int, data: bytes):
    class Patch:
        def __enter__(self):
            self.file = os.open(path, os.O_RDWR)
            self.before = os.pread(self.file, len(data), at)
            os.pwrite(self.file, data, at)

        def __exit__(self, *_):
            os.pwrite(self.file, self.before, at)
            os.close(self.file)
    return Patch()


def get(writer: Writer, name: str) -> bytes:
    buffer, size = ctypes.create_string_buffer(1 << 20), ctypes.c_size_t()
    writer.need(writer.library.shoal_value_get(*writer.key(name), buffer, ctypes.c_size_t(len(buffer)), ctypes.byref(size)))
    return buffer.raw[: size.value]


@pytest.mark.parametrize("at, read", [(0, True), (16, True), (32, True), (64, True), (65, False), (2**32 - 1, False)])
def test_a_payload_starts_at_64_at_most(writer, path, at, read):
    writer.put("v", item(30, 1))
    with Segment(path) as segment:
        body = segment.offset(segment.find("v").body)
        with patched(path, body + 8, struct.pack("=I", at)):
            if read:
                assert segment.value("v") == get(writer, "v")
            else:
                with pytest.raises(Damaged):
                    segment.value("v")
                with pytest.raises(Error, match="-8"):
                    get(writer, "v")
            assert bool(writer.check()) == (at != 16)  # 64 ends beyond its block


def test_a_payload_ends_where_the_heap_does_at_the_latest(writer, path):
    writer.put("v", item(30, 1))
    with Segment(path) as segment:
        body = segment.offset(segment.find("v").body)
        room = segment.heap + (segment.word(196) << segment.page_shift) - body - 16
        for size in (room + 1, 2**40, 2**63, 2**64 - 1):
            with patched(path, body, struct.pack("=Q", size)):
                with pytest.raises(Damaged):
                    segment.value("v")
                with pytest.raises(Error, match="-8"):
                    get(writer, "v")
                assert writer.check() != []


@pytest.mark.parametrize("shape, sound", [((0, 2**46), True), ((2**47, 0), True), ((0, 2**47 + 1), False), ((2**40, 0, 2**40), False)])
def test_lengths_beside_a_0_are_bounded_too(writer, path, shape, sound):
    writer.array("a", "int8", (0,) + (1,) * (len(shape) - 1), b"")
    with Segment(path) as segment:
        body = segment.offset(segment.find("a").body)
        with patched(path, body + 32, struct.pack(f"={len(shape)}q", *shape)):
            handle, view = writer.opened(writer.library.shoal_object_open, "a"), View()
            if sound:
                writer.need(writer.library.shoal_array_view(ctypes.byref(view), handle))
                assert segment.array("a").shape == shape == tuple(view.shape[: view.ndim])
            else:
                with pytest.raises(Damaged):
                    segment.array("a")
                with pytest.raises(Error, match="-8"):
                    writer.need(writer.library.shoal_array_view(ctypes.byref(view), handle))
            assert (writer.check() == []) == sound
            writer.close_object(handle)


def test_of_a_key_that_is_there_twice_python_takes_the_last_and_php_refuses_it(writer, path):
    import shoal
    writer.put("twice", b"\x82\xa1a\x01\xa1a\x02")
    with shoal.open(path) as segment:
        assert segment["twice"] == {"a": 2}
    command = [os.environ.get("PHP", "php"), "-n", "-d", f"extension={os.environ['SHOAL_PHP_EXTENSION']}", "-r",
               "try { Shoal\\open($argv[1])['twice']; } catch (ValueError $error) { echo $error->getMessage(); }", "--", path]
    assert 'two keys that are the same in PHP: "a"' in subprocess.run(command, check=True, capture_output=True, text=True).stdout


def test_every_dtype_is_aligned(writer, path):
    with Segment(path) as segment:
        for dtype in DTYPES:
            writer.array(dtype, dtype, (7,), array_bytes(dtype, (7,)))
            at = segment.offset(segment.find(dtype).body)
            assert (at + struct.unpack("=I", segment.read(at + 12, 4))[0]) % 64 == 0
