"""No reference, no byte, no descriptor and no mapping is left behind."""

import gc
import os
import pickle
import sys

import numpy as np
import pytest
from kinds import LIVE

import shoal


def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def open_files():
    return len(os.listdir("/proc/self/fd"))


def mappings():
    with open("/proc/self/maps") as file:
        return sum(1 for line in file if "shoal" in line or "memfd" in line)


def grown(rounds, act):
    """By how many bytes the process grew over `rounds` calls, after it has warmed up."""
    for _ in range(rounds // 10):
        act()
    gc.collect()
    before = resident()
    for _ in range(rounds):
        act()
    gc.collect()
    return resident() - before


def test_200000_rounds_of_put_get_remove_leave_nothing(segment):
    before = segment.used

    def act():
        segment["k"] = {"a": [1, 2.5, "text", b"bytes", None]}
        segment["k"]
        del segment["k"]

    assert grown(200_000, act) < 1 << 20
    assert segment.used <= before + 4096


def test_handles_leave_nothing(segment):
    segment.array("a", (10, 10))
    segment.lock("l"), segment.counter("c")

    def act():
        array = segment["a"]
        array[1:, ::2][0][1]
        memoryview(array), np.asarray(array), array.__dlpack__(), np.from_dlpack(array)
        array.tolist(), array.shape, array.dtype, array.__array_interface__
        for row in array:
            break
        with segment["l"] as lock:
            lock.owner
        segment["c"].add()
        segment.info(), segment.keys()

    assert grown(2_000, act) < 1 << 20


def use_every_kind(segment):
    """Each by name, so that its handle comes and goes, and each of its ways out of a wait."""
    for name, kind in LIVE.items():
        handle = kind.make(segment, name)
        kind.use(segment[name]), repr(handle), pickle.loads(pickle.dumps(handle))
        [look(handle) for look in kind.looks], [getattr(handle, name) for name in kind.properties]
        for call, error in kind.refused:
            with pytest.raises(error):
                call(handle)
    lock, rw, event = segment["lock"], segment["rwlock"], segment["event"]
    with rw.read(1) as guard:
        guard.recovered, guard.rwlock.readers, guard.timeout, repr(guard)
    with rw.write():
        rw.downgrade(), rw.unlock(), rw.write().acquire(False)
    with segment["semaphore"] as semaphore:
        semaphore.acquire(timeout=0.0001), semaphore.release()
    event.wait(0.0001), segment["counter"].wait(5, 0.0001), segment.info()
    with segment["condition"] as condition:
        condition.wait(0.0001), condition.wait_for(lambda: [1]), condition.wait_for(lambda: 0, 0), condition.notify_all()
    segment["barrier"].wait(action=list), segment.barrier("two", 2).reset()
    for wrong in (
        lambda: segment["two"].wait(0.0001), lambda: segment["two"].wait(), lambda: segment["barrier"].wait(action=len),
        lambda: semaphore.release(), lambda: condition.wait(), lambda: rw.unlock(), lambda: segment.condition("x", event),
        lambda: segment.barrier("barrier", 2), lambda: condition.wait_for(len), lambda: lock.release(),
    ):  # fmt: skip
        with pytest.raises(Exception):
            wrong()
    segment["barrier"].reset()


def test_no_kind_leaves_anything(segment):
    assert grown(1_000, lambda: use_every_kind(segment)) < 1 << 20


def test_errors_leave_nothing(segment):
    segment.array("a", 3, "i1"), segment.counter("c", 2**63 - 1)

    def fails(act):
        with pytest.raises(Exception):
            act()

    cycle = []
    cycle.append(cycle)

    def act():
        for wrong in (
            lambda: segment["none"],
            lambda: segment.__setitem__("v", {"a": [1, {2}]}),
            lambda: segment.__setitem__("v", cycle),
            lambda: segment.__setitem__("a", np.zeros(4)),
            lambda: segment.__setitem__("a", 5),
            lambda: segment["a"].__setitem__(..., [1, 2, 300]),
            lambda: segment["a"].__setitem__(..., np.zeros(4)),
            lambda: segment["a"][9],
            lambda: segment["a"].__dlpack__(dl_device=(2, 0)),
            lambda: segment["c"].add(),
            lambda: segment.array("a", 4),
            lambda: segment.lock("c"),
            lambda: segment.lock("l").release(),
            lambda: shoal.create(segment.name),
            lambda: shoal.open("none at all"),
        ):
            fails(wrong)

    assert grown(1_000, act) < 1 << 20


def test_opens_and_closes_leave_no_descriptor_and_no_mapping(segment, name):
    def act():
        with shoal.open(name, readonly=True) as reader:
            reader.get("k")
        with shoal.create(size="1M") as other:
            other["k"] = 1
            other.array("a", 5)[0] = 1

    files, maps = open_files(), mappings()
    assert grown(2_000, act) < 1 << 20
    assert open_files() == files and mappings() == maps


@pytest.mark.skipif(not hasattr(sys, "gettotalrefcount"), reason="counts references in a debug build of CPython only")
def test_no_reference_is_left(segment):
    segment.array("a", (4, 4))

    def act():
        # Nothing of numpy: it is built without the counting, so what it gives back is not counted.
        segment["v"] = {"a": [1, "x", 2.5, b"", None, True, segment["a"]], 5: ()}
        segment["t"] = "text"
        segment["t"], segment["a"][1:], list(segment["a"]), segment.info(), segment.keys()
        with pytest.raises(KeyError):
            segment["none"]
        use_every_kind(segment)

    for _ in range(10):
        act()
    gc.collect()
    before = sys.gettotalrefcount()
    for _ in range(100):
        act()
    gc.collect()
    assert abs(sys.gettotalrefcount() - before) < 50
