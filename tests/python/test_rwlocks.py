"""RWLock: many readers or one writer. What all waits have in common is in test_waits.py."""

import asyncio
import os
import pickle
import threading
import time

import pytest

import shoal

PROMPTLY = 0.3


@pytest.fixture
def rw(segment):
    return segment.rwlock("rw")


def try_read(rw):
    """Whether another could read now."""
    guard = rw.read()
    return guard.acquire(False) and guard.release() is None


def try_write(rw):
    guard = rw.write()
    return guard.acquire(False) and guard.release() is None


def test_readers_share_and_a_writer_excludes(rw, in_child):
    with rw.read():
        assert in_child(try_read, rw) is True
        assert in_child(try_write, rw) is False
    with rw.write():
        assert in_child(try_read, rw) is False
        assert in_child(try_write, rw) is False
    assert in_child(try_write, rw) is True


def test_a_guard_tells_its_side_and_pickles(rw):
    assert rw.read().timeout is None and rw.write(1.5).timeout == 1.5
    assert "reading" in repr(rw.read()) and "writing" in repr(rw.write())
    for guard, writing in ((rw.read(), False), (rw.write(1.5), True)):
        handed = pickle.loads(pickle.dumps(guard))
        assert isinstance(guard, shoal.RWLockGuard) and guard.rwlock is rw and guard.writing is writing
        assert (handed.writing, handed.timeout, handed.rwlock.name) == (guard.writing, guard.timeout, "rw")
    with pytest.raises(TypeError):
        shoal.RWLockGuard()


def test_a_deadline_is_a_timeout_in_with_and_false_in_acquire(rw, holding):
    holding(lambda: rw.write().acquire())
    for guard in (rw.read(0.05), rw.write(timeout=0.05), rw.read(0)):
        start = time.monotonic()
        with pytest.raises(shoal.Timeout) as caught:
            with guard:
                pytest.fail("entered")
        assert isinstance(caught.value, TimeoutError)
        assert guard.acquire() is False
        assert guard.timeout * 2 <= time.monotonic() - start < 1
        assert guard.acquire(blocking=False) is False and guard.acquire(timeout=0.01) is False


def test_an_upgrade_is_refused(rw):
    with rw.read():
        for deadline in ((), (True, 0.1)):
            with pytest.raises(shoal.LockError):
                rw.write().acquire(*deadline)
        assert rw.write().acquire(False) is False and rw.write(timeout=0).acquire() is False
        assert len(rw.readers) == 1
    with rw.write():
        for guard in (rw.write(), rw.read()):
            for deadline in ((), (True, 0.1)):
                with pytest.raises(shoal.LockError):
                    guard.acquire(*deadline)
            assert guard.acquire(False) is False
    assert try_write(rw)


def test_a_thread_that_reads_may_read_again_while_a_writer_waits(rw, started, until):
    with rw.read():
        writer = started(lambda: rw.write().acquire() and rw.write().release())
        until(lambda: len(rw.waiters) == 1)
        with rw.read(timeout=1), rw.read(0):
            assert not writer.done()
    writer.result()


def test_a_waiting_writer_keeps_new_readers_out(rw, holding, started, until, in_child):
    reader = holding(lambda: rw.read().acquire())
    writer = started(lambda: rw.write().acquire())
    until(lambda: len(rw.waiters) == 1)
    assert in_child(try_read, rw) is False
    assert not writer.done()
    reader.end()
    assert writer.result() is True


def test_a_downgrade_lets_readers_in_and_no_writer_between(rw, segment, started, until, in_child):
    order = segment.counter("order")
    rw.write().acquire()

    def write():
        with rw.write():
            return order.add()

    writer = started(write)
    until(lambda: len(rw.waiters) == 1)
    rw.downgrade()
    assert rw.owner is None and [reader.pid for reader in rw.readers] == [os.getpid()]
    assert not writer.done() and order.add() == 1
    rw.unlock()
    assert writer.result() == 2
    for held in (lambda: None, lambda: rw.read().acquire()):
        held()
        with pytest.raises(shoal.LockError):
            rw.downgrade()
    rw.unlock()


def test_a_block_that_writes_may_downgrade_and_gives_back_what_it_holds(rw):
    with rw.write():
        rw.downgrade()
        assert rw.owner is None and len(rw.readers) == 1
    assert rw.readers == [] and try_write(rw)

    async def task():
        async with rw.write():
            rw.downgrade()

    asyncio.run(task())
    assert rw.readers == []
    with pytest.raises(shoal.LockError):
        with rw.write():
            rw.unlock()


def test_unlock_gives_back_whichever_is_held(rw):
    rw.read().acquire()
    rw.unlock()
    rw.write().acquire()
    rw.unlock()
    assert try_write(rw)
    with pytest.raises(shoal.LockError):
        rw.unlock()


def test_giving_back_another_side_than_is_held_is_refused(rw, holding):
    with rw.read():
        with pytest.raises(shoal.LockError):
            rw.write().release()
    holding(lambda: rw.write().acquire())
    for release in (rw.read().release, rw.unlock):
        with pytest.raises(shoal.LockError):
            release()


def test_everybody_is_told_that_a_writer_died_until_somebody_writes(rw, die, in_child):
    die(lambda: rw.write().acquire())
    with rw.read(1) as reading:
        assert reading.recovered and rw.recovered
    with rw.read(1) as reading:
        assert reading.recovered
    with rw.write(1) as writing:
        assert writing.recovered and rw.recovered
    assert not rw.recovered
    for guard in (rw.read(1), rw.write(1)):
        with guard:
            assert not guard.recovered


def test_a_dead_reader_is_in_no_writers_way(rw, die, holding, started, until):
    die(lambda: rw.read().acquire())
    with rw.write(1) as writing:
        assert not writing.recovered  # a reader leaves nothing half-written
    readers = [holding(lambda: rw.read().acquire()) for _ in range(3)]
    writer = started(lambda: (rw.write().acquire(), rw.recovered))
    until(lambda: len(rw.waiters) == 1)
    readers.pop().end()
    killed = time.monotonic()
    for reader in readers:
        reader.kill()
    got, when = writer.ended()
    assert got == (True, False) and when - killed < PROMPTLY


def test_a_killed_writer_that_waited_lets_readers_in(rw, holding, started, until):
    reader = holding(lambda: rw.read().acquire())
    writer = started(lambda: rw.write().acquire())
    until(lambda: len(rw.waiters) == 1)
    other = started(lambda: rw.read().acquire())
    until(lambda: len(rw.waiters) == 2)
    killed = time.monotonic()
    writer.kill()
    got, when = other.ended()
    assert got is True and when - killed < PROMPTLY
    reader.end()


def test_readers_and_the_writer_are_seen(rw, holding, thread):
    assert rw.owner is None and rw.readers == [] and rw.waiters == [] and "unlocked" in repr(rw)
    with rw.write():
        assert rw.owner.pid == os.getpid() and rw.owner.thread == threading.get_native_id() and rw.owner.alive
        assert rw.readers == [] and str(os.getpid()) in repr(rw)
    children = [holding(lambda: rw.read().acquire()) for _ in range(3)]
    with rw.read(), rw.read():  # one thread
        readers = thread(lambda: rw.read().acquire() and {reader.pid: reader for reader in rw.readers})
        assert set(readers) == {os.getpid(), *(child.pid for child in children)}
        assert readers[os.getpid()].count == 2 and readers[children[0].pid].count == 1
        assert rw.owner is None and "4 readers" in repr(rw)
        rw.read().release()
    children[0].kill()
    assert children[0].pid not in [reader.pid for reader in rw.readers if reader.alive]


@pytest.mark.parametrize("one, others, pause", [("write", "read", 0.001), ("read", "write", 0)])
def test_neither_side_is_starved_by_a_stream_of_the_other(rw, segment, started, one, others, pause):
    stop = segment.event("stop")

    def stream():
        while not stop.is_set():
            with getattr(rw, others)():
                time.sleep(pause) if pause else None
        return True

    streams = [started(stream) for _ in range(3)]
    slowest = 0
    for _ in range(20):
        start = time.monotonic()
        with getattr(rw, one)(20):
            slowest = max(slowest, time.monotonic() - start)
    stop.set()
    assert all(each.result() for each in streams) and slowest < 0.5


def test_what_a_writer_changes_no_reader_sees_half(rw, segment, started):
    """Writers change two numbers together; readers never see them differ."""
    array, stop = segment.array("a", 2, "i8"), segment.event("stop")

    def write():
        for _ in range(1500):
            with rw.write():
                array[0] = array[0] + 1
                array[1] = array[1] + 1
        return True

    def read():
        seen = 0
        while seen == 0 or not stop.is_set():
            with rw.read():
                assert array[0] == array[1]
                seen += 1
        return seen

    readers, writers = [started(read) for _ in range(2)], [started(write) for _ in range(2)]
    assert all(writer.result(60) for writer in writers)
    stop.set()
    assert all(reader.result() > 0 for reader in readers)
    assert array.tolist() == [3000, 3000]
