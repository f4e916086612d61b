"""Channels: what readers see of frames that writers publish. test_kinds.py and test_waits.py have what they share with other kinds."""

import asyncio
import gc
import os
import pickle
import threading
import time
import weakref

import numpy as np
import pytest

import shoal
from conftest import wait_for


@pytest.fixture
def channel(segment):
    return segment.channel("c", (4, 5), "i4", slots=4)


def publish(channel, number):
    with channel.write() as frame:
        frame[...] = number


def kept_at_most(channel):
    """How many frames can be kept until no slot is free."""
    kept = []
    for number in range(100):
        if not channel.send(number):
            break
        kept.append(channel.read())
    return len(kept)


# ---- Writing -----------------------------------------------------------------------------------------


def test_a_frame_is_published_when_the_block_ends(channel, in_child):
    with channel.write() as frame:
        assert isinstance(frame, shoal.NdArray) and (frame.shape, frame.dtype, frame.readonly) == ((4, 5), "int32", False)
        np.asarray(frame)[...] = np.arange(20).reshape(4, 5)
        assert channel.newest == 0 and channel.read(timeout=0) is None and in_child(lambda: channel.read(timeout=0)) is None
    assert channel.newest == 1 and channel.read().array.tolist() == np.arange(20).reshape(4, 5).tolist()
    assert in_child(lambda: channel.read().value.tolist()) == np.arange(20).reshape(4, 5).tolist()


def test_a_frame_is_dropped_when_the_block_raises(channel):
    publish(channel, 1)
    for _ in range(20):  # more than there are slots
        with pytest.raises(ZeroDivisionError):
            with channel.write() as frame:
                frame[...] = 2
                1 / 0
    assert channel.newest == 1 and channel.read().array.tolist() == [[1] * 5] * 4 and channel.dropped == 0


def test_a_frame_that_nobody_enters_or_finishes_takes_no_slot(channel):
    for _ in range(20):
        channel.write()
        channel.write().__enter__()
        gc.collect()
    publish(channel, 1)
    assert channel.newest == 1 and channel.dropped == 0


def test_after_the_block_what_was_written_is_out_of_reach(channel):
    with channel.write() as published:
        published[...] = 1
        window = published[1:]
    with pytest.raises(ZeroDivisionError):
        with channel.write() as dropped:
            1 / 0
    for array in (published, window, dropped):
        for use in (
            lambda: array.tolist(), lambda: array.__setitem__(0, 9), lambda: memoryview(array), lambda: pickle.dumps(array), lambda: np.asarray(array).sum(),
            lambda: array.fill(9), lambda: array[1:], lambda: array.copy(),
        ):  # fmt: skip
            with pytest.raises(shoal.Closed, match="frame"):
                use()
        assert "frame" in repr(array) and array.name is None
    assert channel.read().array.tolist() == [[1] * 5] * 4


def test_one_writer_is_entered_once_at_a_time(channel):
    writer = channel.write()
    with writer as frame:
        with pytest.raises(RuntimeError):
            writer.__enter__()
        frame[...] = 1
    with writer as frame:
        frame[...] = 2
    assert channel.newest == 2 and channel.read().array[0, 0] == 2


def test_a_writer_gets_none_when_no_slot_is_free_and_never_waits(channel):
    kept = []
    for number in range(1, 5):
        publish(channel, number)
        kept.append(channel.read())
    start = time.monotonic()
    with channel.write() as frame:
        assert frame is None
    assert channel.send(5) is False and time.monotonic() - start < 0.2
    assert channel.dropped == 2 and channel.newest == 4 and [frame.array[0, 0] for frame in kept] == [1, 2, 3, 4]
    kept.pop(0)
    assert channel.send(5) is True and channel.read().array[0, 0] == 5 and channel.dropped == 2


def test_writers_fill_their_frames_beside_each_other(channel):
    with channel.write() as one:
        with channel.write() as other:
            one[...], other[...] = 1, 2
            assert not np.shares_memory(np.asarray(one), np.asarray(other))
        assert channel.read().array[0, 0] == 2
    assert channel.newest == 2 and channel.read().array[0, 0] == 1


def test_send_takes_what_an_assignment_takes(channel):
    for value, expected in ((7, [[7] * 5] * 4), (np.arange(20).reshape(4, 5), np.arange(20).reshape(4, 5).tolist()), ([[1] * 5] * 4, [[1] * 5] * 4)):
        assert channel.send(value) is True and channel.read().array.tolist() == expected
    newest = channel.newest
    for value, error in (([1, 2], TypeError), ("x", TypeError), (np.zeros((3, 3)), TypeError), (2**40, OverflowError), (None, TypeError)):
        for _ in range(6):
            with pytest.raises(error):
                channel.send(value)
    assert channel.newest == newest and channel.dropped == 0


def test_a_write_through_a_readonly_attach_is_refused(channel, name):
    with shoal.open(name, readonly=True) as reader:
        with pytest.raises(shoal.ReadOnly):
            with reader["c"].write():
                pass
        with pytest.raises(shoal.ReadOnly):
            reader["c"].send(1)
    assert channel.newest == 0 and channel.dropped == 0


# ---- Reading -----------------------------------------------------------------------------------------


def test_a_frame_says_what_it_is(channel):
    before = time.time()
    publish(channel, 5)
    frame = channel.read()
    assert (frame.number, frame.missed, frame.copied) == (1, 0, False) and before - 1 < frame.time < time.time() + 1
    assert np.asarray(frame).tolist() == frame.array.tolist() == frame.value.tolist() == [[5] * 5] * 4
    assert memoryview(frame).shape == (4, 5) and memoryview(frame).readonly and "Frame 1 of 'c'" in repr(frame)
    assert isinstance(frame.value, np.ndarray) and frame.value.flags.writeable  # a copy
    reference = weakref.ref(frame)
    del frame
    assert reference() is None


def test_a_frame_that_is_read_cannot_be_written(channel):
    publish(channel, 5)
    frame = channel.read()
    with pytest.raises(shoal.ReadOnly, match="stays as it is"):
        frame.array[0, 0] = 1
    with pytest.raises(ValueError):
        np.asarray(frame)[0, 0] = 1
    with pytest.raises((TypeError, BufferError)):
        memoryview(frame).cast("B")[0] = 1
    for attribute in ("number", "time", "missed", "array", "value", "copied"):
        with pytest.raises((AttributeError, TypeError)):
            setattr(frame, attribute, 1)


def test_a_view_stays_as_it_is_while_it_lives(channel, segment):
    publish(channel, 1)
    frame = channel.read()
    views = [frame, frame.array, frame.array[1:3], np.asarray(frame), np.asarray(frame)[::2], memoryview(frame)]
    del frame
    while views:
        for number in range(2, 30):
            assert channel.send(number) is True
        for view in views:
            assert (np.asarray(view) == 1).all()
        views.pop(0)
        gc.collect()
    del view
    assert kept_at_most(channel) == channel.slots  # the slot came back with the last view


def test_a_view_outlives_the_channel_and_its_segment(name):
    with shoal.create(name, "4M") as segment:
        channel = segment.channel("c", 1000, "f8")
        channel.send(np.arange(1000.0))
        view = np.asarray(channel.read())
        del segment["c"], channel
        gc.collect()
        again = segment.channel("c", 1000, "f8")
        for _ in range(20):
            again.send(0)
        assert segment.info().removed == 1
    shoal.unlink(name)
    gc.collect()
    assert (view == np.arange(1000.0)).all()


def test_what_is_read_twice_takes_one_slot(channel):
    publish(channel, 1)
    frames = [channel.read() for _ in range(10)]
    assert {frame.number for frame in frames} == {1} and len({frame.array.__array_interface__["data"] for frame in frames}) == 1
    for number in range(20):
        assert channel.send(number)
    while len(frames) > 1:
        frames.pop()
        for number in range(10):
            assert channel.send(number) and (np.asarray(frames[0]) == 1).all()


def test_a_copy_takes_no_slot_and_may_be_changed(channel):
    publish(channel, 1)
    kept = [channel.read(copy=True) for _ in range(10)]
    for number in range(2, 20):
        assert channel.send(number) is True
    for frame in kept:
        assert frame.copied and (np.asarray(frame) == 1).all() and frame.number == 1
    kept[0].array[0, 0] = 7
    assert kept[0].array[0, 0] == 7 and kept[1].array[0, 0] == 1


def test_read_waits_for_the_first_frame(channel, started, until):
    child = started(lambda: channel.read().value.tolist())
    until(lambda: channel.waiters)
    publish(channel, 3)
    assert child.result() == [[3] * 5] * 4


def test_newer_than_waits_for_another_frame_and_says_what_went_by(channel, started, until):
    publish(channel, 1)
    assert channel.read(newer_than=1, timeout=0) is None and channel.read(1, 0.02) is None
    child = started(lambda: (lambda frame: (frame.number, frame.missed))(channel.read(newer_than=1)))
    until(lambda: channel.waiters)
    publish(channel, 2)
    assert child.result() == (2, 0)
    for number in range(3, 8):
        publish(channel, number)
    frame = channel.read(newer_than=2)
    assert (frame.number, frame.missed) == (7, 4) and channel.missed == 4
    assert channel.read().missed == 0 and channel.read(7, 0) is None and channel.missed == 4
    assert channel.read(0).missed == 6  # of a number that was never seen: all


def test_with_a_history_the_oldest_that_is_newer_comes_first(segment):
    channel = segment.channel("c", 2, "i8", slots=8, history=4)
    for number in range(1, 11):
        assert channel.send(number)
    seen, number = [], 4
    while frame := channel.read(number, 0):
        seen.append((frame.number, frame.missed, frame.array[0]))
        number = frame.number
    assert seen == [(7, 2, 7), (8, 0, 8), (9, 0, 9), (10, 0, 10)]
    assert channel.read().number == 10 and channel.read(8, 0).number == 9 and channel.missed == 2 and channel.read(0).number == 7


def test_for_gives_one_frame_after_the_other(channel, holding, until):
    taken = []
    publish(channel, 1)
    for frame in channel:
        taken.append((frame.number, frame.missed, frame.array[0, 0]))
        if frame.number >= 8:
            break
        for _ in range(frame.number):
            publish(channel, channel.newest + 1)
    assert taken == [(1, 0, 1), (2, 0, 2), (4, 1, 4), (8, 3, 8)] and channel.missed == 4
    frames = iter(channel)
    assert next(frames).number == 8 and frames.last == 8 and frames.channel is channel and iter(frames) is frames


def test_a_loop_waits_for_frames_of_another_process(channel, started):
    def write():
        for number in range(1, 200):
            publish(channel, number)

    child, last, missed = started(write), 0, 0
    for frame in channel:
        assert frame.number > last and (np.asarray(frame) == frame.number).all()
        last, missed = frame.number, missed + frame.missed
        if last == 199:
            break
    child.result()
    assert missed == channel.missed


@pytest.mark.parametrize("copy", [False, True])
def test_large_frames_are_as_small_ones(segment, copy):
    channel = segment.channel("c", (1024, 512), "u1", slots=4)
    for number in range(10):
        assert channel.send(number)
        frame = channel.read(copy=copy)
        assert (np.asarray(frame) == number).all() and frame.copied is copy


@pytest.mark.parametrize("shape, dtype", [((), "f8"), ((0,), "f8"), ((3, 0, 2), "i2"), ((1,) * 32, "?"), (5, "S7"), ((2, 2), "c16")])
def test_frames_have_any_shape_and_dtype(segment, shape, dtype):
    channel = segment.channel("c", shape, dtype)
    wanted = np.zeros(shape, dtype)
    wanted[...] = b"abc" if dtype == "S7" else 1
    assert channel.send(wanted) is True
    assert (channel.shape, channel.dtype, channel.bytes) == (wanted.shape, wanted.dtype, wanted.nbytes)
    for frame in (channel.read(), channel.read(copy=True)):
        assert np.asarray(frame).shape == wanted.shape and np.array_equal(np.asarray(frame), wanted) and np.asarray(frame).dtype == wanted.dtype


def test_a_frame_goes_through_dlpack_and_pickles_as_a_copy(channel):
    publish(channel, 4)
    frame = channel.read()
    tensor = np.from_dlpack(frame.array)
    again = pickle.loads(pickle.dumps(frame.array))
    del frame
    for number in range(20):
        assert channel.send(number)
    assert (tensor == 4).all() and again.tolist() == [[4] * 5] * 4
    with pytest.raises(TypeError):
        pickle.dumps(channel.read())


def test_a_frame_is_stored_by_its_value(channel, segment):
    publish(channel, 4)
    with pytest.raises(TypeError, match="Frame cannot be stored: store value.value"):
        segment["last"] = channel.read()
    segment["last"] = channel.read().array
    assert segment["last"].tolist() == [[4] * 5] * 4


# ---- Frames of bytes, and values -----------------------------------------------------------------------


@pytest.fixture
def values(segment):
    return segment.channel("v", bytes=1000)


def test_values_come_out_as_they_went_in(values):
    for value in (None, True, -5, 2.5, "Grüße", b"\0\xff", [1, [2, {"a": None}]], {"x": 1, 2: "y"}):
        assert values.send(value) is True
        frame = values.read()
        assert frame.value == value and type(frame.value) is type(value) and frame.array.dtype == "uint8"
    assert values.send(np.arange(5)) and (values.read().value == np.arange(5)).all()
    assert (values.shape, values.dtype, values.bytes) == (None, None, 1000)


def test_what_cannot_be_stored_or_is_too_large_changes_nothing(values):
    values.send("old")
    for value, error in ((object(), TypeError), ({1, 2}, TypeError), ([lambda: 0], TypeError), ("x" * 998, ValueError), ("x" * 5000, ValueError), ("x" * 10**6, ValueError)):
        with pytest.raises(error):
            values.send(value)
    assert values.newest == 1 and values.read().value == "old" and values.send("x" * 997)


def test_frames_of_bytes_have_any_size(values):
    for size in (0, 1, 999, 1000):
        with values.write(bytes=size) as frame:
            assert frame.shape == (size,) and frame.dtype == "uint8"
            frame[...] = 7
        assert bytes(values.read().array) == b"\7" * size
    with values.write() as frame:
        assert frame.shape == (1000,)
    for size, error in ((1001, ValueError), (-1, ValueError), (2**70, OverflowError), ("5", TypeError)):
        with pytest.raises(error):
            values.write(bytes=size)


def test_a_frame_that_is_no_value_is_corrupt_as_one(values):
    with values.write(bytes=3) as frame:
        frame[...] = 0xC1  # of no meaning in MessagePack
    with pytest.raises(shoal.Corrupt):
        values.read().value


# ---- Opening -----------------------------------------------------------------------------------------


def test_what_is_there_is_opened_without_saying_what_it_is(segment, channel):
    for again in (segment.channel("c"), segment.channel("c", dtype="i4"), segment.channel("c", slots=4), segment.channel("c", (4, 5), "i4"), segment["c"]):
        assert again == channel and again.slots == 4 and again.shape == (4, 5)
    for given in (dict(dtype="f8"), dict(slots=8), dict(history=2), dict(bytes=80)):
        with pytest.raises(shoal.TypeMismatch):
            segment.channel("c", **given)
    with pytest.raises(shoal.NotFound):
        segment.channel("none")
    with pytest.raises(shoal.NotFound):
        segment.channel("none", slots=4)


def test_a_channel_that_does_not_fit_is_no_space(segment):
    with pytest.raises(shoal.NoSpace):
        segment.channel("c", (4096, 4096), "f8")
    assert "c" not in segment


def test_making_many_and_removing_them_gives_all_memory_back(segment):
    segment.channel("c", (256, 256), "u1").send(1)
    del segment["c"]
    used = segment.used
    for _ in range(20):
        segment.channel("c", (256, 256), "u1").send(1)
        del segment["c"]
    assert segment.used == used


# ---- Readonly attaches -----------------------------------------------------------------------------------


def test_a_readonly_attach_reads_copies(channel, name):
    publish(channel, 1)
    with shoal.open(name, readonly=True) as reader:
        seen = reader["c"]
        kept = [seen.read() for _ in range(10)]
        for number in range(2, 20):
            assert channel.send(number) is True
        assert all(frame.copied and (np.asarray(frame) == 1).all() for frame in kept)
        frame = seen.read(1)
        assert (frame.number, frame.missed) == (19, 17) and seen.read(19, 0) is None and seen.newest == 19


def test_a_readonly_loop_follows_a_writer(channel, name, started):
    def write():
        for number in range(1, 100):
            publish(channel, number)
            time.sleep(0.001)

    child, last = started(write), 0
    with shoal.open(name, readonly=True) as reader:
        for frame in reader["c"]:
            assert frame.number > last and (np.asarray(frame) == frame.number).all()
            last = frame.number
            if last == 99:
                break
    child.result()


# ---- Tasks -------------------------------------------------------------------------------------------


def test_tasks_read_while_others_write(channel, started):
    go = channel.read_async

    async def follow():
        seen = []
        async for frame in channel:
            seen.append(frame.number)
            assert (np.asarray(frame) == frame.number).all()
            if frame.number == 50:
                return seen

    async def write():
        for number in range(1, 51):
            publish(channel, number)
            await asyncio.sleep(0.001)

    async def main():
        one, other, _ = await asyncio.gather(follow(), follow(), write())
        assert one == sorted(set(one)) and other[-1] == 50
        assert await go(50, timeout=0.02) is None and (await go(timeout=1)).number == 50 and (await go(copy=True)).copied
        for arguments, error in ((dict(timeout=-1), ValueError), (dict(timeout="1"), TypeError), (dict(newer_than=-1), ValueError), (dict(older=1), TypeError)):
            with pytest.raises(error):
                await go(**arguments)

    asyncio.run(main())


def test_a_task_waits_for_a_frame_of_another_process(channel, started):
    async def main():
        task = asyncio.ensure_future(channel.read_async())
        await asyncio.sleep(0.02)
        assert not task.done()
        child = started(publish, channel, 3)
        assert (await asyncio.wait_for(task, 10)).array[0, 0] == 3
        child.result()

    asyncio.run(main())


# ---- Deaths, forks, threads --------------------------------------------------------------------------


def test_a_writer_that_dies_while_it_fills_leaves_the_newest_and_no_slot_taken(channel, die):
    publish(channel, 1)

    def half():
        kept.extend([channel.write(), channel.write()])
        kept[0].__enter__()[:2] = 99
        kept[1].__enter__()

    kept = []
    for _ in range(10):
        die(half)
        assert channel.read().array.tolist() == [[1] * 5] * 4 and channel.newest == 1
    for number in range(2, 20):
        assert channel.send(number) is True
    assert channel.dropped == 0


def test_a_reader_that_dies_with_frames_gives_their_slots_back(channel, holding):
    kept = []

    def keep():
        for number in range(1, 4):
            publish(channel, number)
            kept.append(channel.read())

    holder = holding(keep)
    publish(channel, 4)
    assert channel.send(5) is False  # three are read, and the newest is the newest
    holder.kill()
    for number in range(5, 20):
        assert channel.send(number) is True
    assert channel.read().array[0, 0] == 19


def test_a_forked_child_does_not_take_its_parents_frames_away(channel, in_child):
    publish(channel, 1)
    frame = channel.read()

    def child():
        try:
            seen = np.asarray(frame.array).tolist()
        except shoal.Closed:
            seen = "refused"
        return seen, channel.read().array.tolist()

    seen, anew = in_child(child)
    assert seen in ("refused", [[1] * 5] * 4) and anew == [[1] * 5] * 4
    for number in range(2, 30):
        assert channel.send(number) is True
    assert (np.asarray(frame) == 1).all()
    del frame
    assert kept_at_most(channel) == channel.slots


def test_numpy_says_why_a_forked_child_has_no_frame(channel, in_child):
    publish(channel, 1)
    frame = channel.read()

    def child():
        with pytest.raises(shoal.Closed):
            np.asarray(frame)
        with pytest.raises(shoal.Closed):
            np.array(frame)
        return True

    assert in_child(child)


def test_a_forked_child_neither_publishes_nor_drops_what_its_parent_writes(channel):
    writer = channel.write()
    frame = writer.__enter__()
    frame[...] = 1
    pid = os.fork()
    if pid == 0:
        try:
            writer.__exit__(None, None, None)
            os._exit(1)
        except shoal.Error:
            os._exit(0 if channel.newest == 0 else 2)
    assert wait_for(pid) == 0 and channel.newest == 0
    pid = os.fork()
    if pid == 0:
        del writer, frame
        gc.collect()
        os._exit(0 if channel.send(2) and channel.newest == 1 else 1)
    assert wait_for(pid) == 0 and channel.newest == 1
    frame[0] = 3
    writer.__exit__(None, None, None)
    assert channel.newest == 2 and channel.read().array.tolist() == [[3] * 5] + [[1] * 5] * 3


def test_no_frame_is_torn_while_writers_and_readers_are_killed(channel, started):
    def write():
        while True:
            with channel.write() as frame:
                if frame is not None:
                    frame[...] = os.getpid()

    def read():
        kept, number = [], 0
        while True:
            frame = channel.read(number)
            kept = [*kept[-1:], (frame, frame.array[0, 0])]
            for held, value in kept:
                if not (np.asarray(held) == value).all():
                    os.kill(os.getppid(), 9)  # torn: nothing is left to say more
            number = frame.number

    workers = [started(write), started(write), started(read), started(read)]
    deadline = time.monotonic() + 1.5
    while time.monotonic() < deadline:
        time.sleep(0.004)
        victim, do = (workers.pop(0), write) if time.monotonic_ns() % 2 else (workers.pop(2), read)
        victim.kill()
        workers.insert(1 if do is write else 3, started(do))
    for worker in workers:
        worker.kill()
    newest = channel.newest
    assert newest > 0 and channel.send(1) and channel.newest == newest + 1 and (np.asarray(channel.read()) == 1).all()


def test_threads_write_and_read_beside_each_other(segment):
    channel = segment.channel("c", (16, 16), "i8", slots=12)
    stop, failures = time.monotonic() + 0.5, []

    def write():
        while time.monotonic() < stop:
            with channel.write() as frame:
                if frame is not None:
                    frame[...] = threading.get_ident()

    def read():
        frame = channel.read()
        while time.monotonic() < stop:
            if len(set(np.asarray(frame).flat)) != 1:
                failures.append(frame)
            frame = channel.read(frame.number, 0.1) or frame

    threads = [threading.Thread(target=do) for do in (write, write, read, read, read)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == [] and channel.newest > 10


def test_a_reader_may_begin_with_the_oldest_frame(segment):
    channel = segment.channel("history", (4,), "u1", slots=6, history=3)
    for number in range(1, 6):
        assert channel.send(number)
    assert [channel.read(newer_than=seen).number for seen in (0, 3, 4)] == [3, 4, 5] and channel.read().number == 5
    assert channel.read(newer_than=0).missed == 2
