"""Stream: messages for everybody, from a place of one's own. What all kinds have in common is in test_kinds.py and test_waits.py."""

import asyncio
import ctypes
import datetime
import itertools
import os
import pickle
import random
import signal
import subprocess
import sys
import threading
import time

import pytest

import shoal


@pytest.fixture
def stream(segment):
    return segment.stream("s", 4096)


def drain(reader):
    values = []
    try:
        while True:
            values.append(reader.read(0))
    except shoal.Timeout:
        return values


VALUES = [None, True, -5, 2**63 - 1, 1.5, "", "Grüße", b"", b"\xff" * 300, [1, [2, "x"]], {"a": {"b": None}, 7: b"x"},
          datetime.datetime(2026, 12, 1, tzinfo=datetime.timezone.utc), "x" * 2000]  # fmt: skip


def test_every_reader_gets_every_message_in_order(segment, stream, name):
    seen = shoal.open(name, readonly=True)
    stream = segment.stream("everything", 65536)
    readers = [stream, stream.reader(), segment.stream("everything"), seen["everything"], seen["everything"].reader(True)]
    for value in VALUES:
        stream.send(value)
    for reader in readers:
        assert drain(reader) == VALUES and reader.missed == 0 and reader.number == len(VALUES) == stream.newest
    assert drain(stream.reader()) == [] and drain(stream.reader(from_start=True)) == VALUES


def test_sending_gives_numbers_from_1_on(stream):
    assert (stream.newest, stream.oldest, stream.number) == (0, 1, 0)
    assert [stream.send(i) for i in range(3)] == [1, 2, 3] and (stream.oldest, stream.newest) == (1, 3)
    assert stream.read() == 0 and stream.number == 1 and "3 messages" in repr(stream)


def test_a_slow_reader_is_told_how_many_it_missed(stream):
    slow, fast = stream.reader(), stream.reader()
    for i in range(1, 1001):
        stream.send(i)
        assert fast.read(0) == i
    first = slow.read(0)
    assert first == stream.oldest > 1 and slow.missed == first - 1 and slow.number == first and fast.missed == 0
    assert drain(slow) == list(range(first + 1, 1001)) and slow.missed == first - 1
    assert f"at message 1001, {first - 1} missed" in repr(slow)


def test_a_message_above_the_limit_is_a_value_error_that_says_the_sizes(segment, stream):
    reader = stream.reader()
    assert (stream.capacity, stream.limit) == (4096, 2040)
    for value in (b"x" * 2040, "x" * 10**6, ["x" * 1500, "y" * 1500]):
        with pytest.raises(ValueError, match="2040.*capacity.* 4096 bytes"):
            stream.send(value)
    with pytest.raises(TypeError, match="set"):
        stream.send({"a": [set()]})
    assert stream.newest == 0 and drain(reader) == []
    assert stream.send(b"x" * 2037) == 1 and len(reader.read(0)) == 2037
    assert segment.check() == []


def test_large_messages_come_whole(segment):
    import numpy as np

    stream = segment.stream("large", "8M")
    array = np.arange(300_000, dtype="float64")
    reader = stream.reader()
    for _ in range(4):
        stream.send({"text": "ü" * 100_000, "array": array})
    got = [reader.read(1) for _ in range(4 - stream.oldest + 1)]
    assert len(got) == 4 - reader.missed >= 2 and all(each["text"] == "ü" * 100_000 and (each["array"] == array).all() for each in got)


def test_the_capacity_is_a_power_of_two_and_stays(segment):
    assert segment.stream("a").capacity == 1 << 20 and segment.stream("b", "5K").capacity == 8192 and segment.stream("c", 1).capacity == 1024
    assert segment.stream("b").capacity == 8192 == segment.stream("b", 8000).capacity == segment["b"].capacity
    with pytest.raises(shoal.TypeMismatch, match="8192.*16384"):
        segment.stream("b", 8193)
    with pytest.raises(ValueError, match="zero bytes"):
        segment.stream("d", 0)
    assert "d" not in segment


def test_reading_ends_in_time_and_says_what_did_not_come(stream):
    start = time.monotonic()
    with pytest.raises(shoal.Timeout, match="message 1 did not come"):
        stream.read(0.05)
    assert 0.05 <= time.monotonic() - start < 5
    stream.send(1)
    assert stream.read(5) == 1
    with pytest.raises(TimeoutError, match="message 2 did not come"):
        stream.read(timeout=0)


def test_one_message_wakes_all_who_wait(stream, started, until):
    waiters = [started(stream.reader().read) for _ in range(3)]
    until(lambda: len(stream.waiters) == 3)
    stream.send("up")
    assert [waiter.result() for waiter in waiters] == ["up"] * 3 and stream.waiters == []


def test_threads_that_share_a_place_get_each_message_once(stream):
    reader, got = stream.reader(), []
    threads = [threading.Thread(target=lambda: [got.append(value) for value in iter(lambda: reader.read(20), None)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for i in range(1, 301):
        stream.send(i)
        while len(got) < i - 20:  # never more behind than fit
            time.sleep(0)
    for _ in threads:
        stream.send(None)
    for thread in threads:
        thread.join(20)
    assert sorted(got) == list(range(1, 301)) and reader.missed == 0


def test_a_stream_and_its_readers_are_iterators(stream):
    for value in (1, 2, None):
        stream.send(value)
    assert list(iter(stream.reader(True).read, None)) == [1, 2]
    assert next(stream) == 1 and list(itertools.islice(stream, 2)) == [2, None]
    reader = stream.reader(True)
    assert iter(reader) is reader and reader.stream is stream and next(reader) == 1


def test_tasks_read_and_iterate(stream):
    async def main():
        reader, got = stream.reader(), []

        async def collect(source):
            async for value in source:
                if value is None:
                    return
                got.append(value)

        tasks = [asyncio.create_task(collect(source)) for source in (stream, reader)]
        await asyncio.sleep(0.01)
        for value in (1, 2, None):
            stream.send(value)
            await asyncio.sleep(0.01)
        await asyncio.wait_for(asyncio.gather(*tasks), 20)
        assert got == [1, 1, 2, 2]
        with pytest.raises(shoal.Timeout, match="message 4 did not come"):
            await reader.read_async(timeout=0.02)
        with pytest.raises(shoal.Timeout):
            await reader.read_async(timeout=0)
        waiting = asyncio.create_task(reader.read_async())
        await asyncio.sleep(0.02)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert stream.waiters == [] and stream.send(4) == 4 and await reader.read_async(timeout=5) == 4
        with pytest.raises(ValueError):
            await reader.read_async(timeout=-1)

    asyncio.run(main())


def test_a_forked_child_reads_on_from_the_place_of_its_parent(stream, in_child):
    reader = stream.reader()
    for i in range(4):
        stream.send(i)
    assert reader.read(0) == 0
    assert in_child(lambda: drain(reader)) == [1, 2, 3] == drain(reader)


def test_a_pickled_stream_begins_behind_the_newest(stream):
    stream.send(1)
    copy = pickle.loads(pickle.dumps(stream))
    assert copy == stream and copy.capacity == 4096 and drain(copy) == []
    stream.send(2)
    assert drain(copy) == [2]
    with pytest.raises(TypeError):
        pickle.dumps(stream.reader())


def test_what_one_sent_who_died_is_there(stream, die):
    reader = stream.reader()
    die(stream.send, "last words")
    assert reader.read(5) == "last words" and stream.send("next") == 2


def test_a_sender_that_is_killed_is_in_nobodys_way(stream, started, until):
    reader = stream.reader()
    for _ in range(20):
        before = stream.newest
        sender = started(lambda: [stream.send([i] * 100) for i in range(10**9)])
        until(lambda before=before: stream.newest > before)
        sender.kill()
        stream.send("mine", timeout=20)
        for value in drain(reader):
            assert value == "mine" or value == [value[0]] * 100
        assert reader.number == stream.newest


STOPPED = """
import sys, shoal
segment = shoal.open(sys.argv[1])
stream = segment["s"]
print("ready", flush=True)
while True:
    stream.send(b"x" * 30_000_000)
"""


def test_a_stopped_sender_is_named_and_no_reader_waits_for_it(name):
    """Its copy takes so long that it is nearly always stopped in the midst of it."""
    with shoal.create(name, "300M") as segment:
        stream = segment.stream("s", "128M")
        child = subprocess.Popen([sys.executable, "-c", STOPPED, name], stdout=subprocess.PIPE)
        try:
            assert child.stdout.readline() == b"ready\n"
            for _ in range(200):
                os.kill(child.pid, signal.SIGSTOP)
                os.waitid(os.P_PID, child.pid, os.WSTOPPED)
                start = time.monotonic()
                try:
                    stream.send(1, timeout=0.1)
                except shoal.Timeout as error:
                    assert str(child.pid) in str(error) and time.monotonic() - start < 5
                    assert stream.reader(True).read(5) in (1, b"x" * 30_000_000)
                    with pytest.raises(shoal.Timeout):
                        stream.reader().read(0.05)
                    break
                os.kill(child.pid, signal.SIGCONT)
                time.sleep(random.random() / 30)  # to somewhere in the next message, or the one after it
            else:
                pytest.fail("it was never stopped while it was sending")
        finally:
            child.kill()
            child.wait()
        assert stream.send(2, timeout=20) > 1


def test_ctrl_c_ends_a_read(stream, started, until):
    def read():
        try:
            stream.read()
        except KeyboardInterrupt:
            return "interrupted"

    signal.signal(signal.SIGINT, signal.default_int_handler)
    reader = started(read)
    until(lambda: len(stream.waiters) == 1)
    reader.signal(signal.SIGINT)
    assert reader.result() == "interrupted" and stream.waiters == []


def test_a_message_that_is_no_value_is_told_once(stream, name):
    """From C any bytes may be sent."""
    library = ctypes.CDLL(os.environ["SHOAL_LIBRARY"])
    library.shoal_context_new.restype = ctypes.c_void_p
    context, segment, handle = ctypes.c_void_p(library.shoal_context_new()), ctypes.c_void_p(), ctypes.c_void_p()
    assert library.shoal_open(ctypes.byref(segment), context, name.encode(), None) == 0
    assert library.shoal_stream_open(ctypes.byref(handle), segment, b"s", ctypes.c_size_t(1), ctypes.c_uint64(0)) == 0
    number, reader = ctypes.c_uint64(), stream.reader()
    stream.send("before")
    for bad in (b"\xc1", b"", b"\xa2\xff\xff", b"\x91"):
        assert library.shoal_stream_send(ctypes.byref(number), handle, bad, ctypes.c_size_t(len(bad)), ctypes.c_int64(0)) == 0
    stream.send("after")
    assert reader.read(0) == "before"
    for _ in range(4):
        with pytest.raises(shoal.Corrupt):
            reader.read(0)
    assert reader.read(0) == "after" and reader.missed == 0 and reader.number == 6
    library.shoal_object_close(handle)
    library.shoal_close(segment)


def test_a_backup_has_the_messages_that_are_there(segment, stream, tmp_path):
    for i in range(1000):
        stream.send(i)
    path = str(tmp_path / "copy.shoal")
    shoal.backup(segment, path)
    with shoal.open(path) as copy:
        assert drain(copy["s"].reader(True)) == drain(stream.reader(True)) and copy["s"].newest == 1000 and copy["s"].send("on") == 1001
