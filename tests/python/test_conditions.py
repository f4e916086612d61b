"""Condition: waiting for a change of what a Lock guards. What all waits have in common is in test_waits.py."""

import asyncio
import mmap
import os
import pickle
import signal
import struct
import sys
import threading
import time

import pytest

import shoal

PROMPTLY = 0.3


@pytest.fixture
def lock(segment):
    return segment.lock("l")


@pytest.fixture
def cond(segment, lock):
    return segment.condition("c", lock)


def wait(cond, timeout=20):
    with cond:
        return cond.wait(timeout)


def test_it_enters_and_leaves_its_lock(cond, lock):
    assert cond.lock is lock and cond.name == "c" and "'l'" in repr(cond)
    with cond as entered:
        assert entered is cond and lock.owner.pid == os.getpid() and not cond.recovered
    assert not lock.locked()
    assert cond.acquire() is True
    cond.release()
    assert cond.acquire(timeout=1) and cond.release() is None


def test_without_the_lock_waiting_and_notifying_are_refused(cond, lock, holding):
    for use in (cond.wait, lambda: cond.wait(0), cond.notify, cond.notify_all, cond.release):
        with pytest.raises(shoal.LockError):
            use()
    with pytest.raises(shoal.LockError):
        cond.wait_for(lambda: False)
    holding(lock.acquire)
    for use in (cond.wait, cond.notify, cond.notify_all):
        with pytest.raises(shoal.LockError):
            use()


def test_a_waiter_lets_go_of_the_lock_and_has_it_again_when_notified(cond, lock, started, until):
    def child():
        with cond:
            return cond.wait(20), lock.owner.pid == os.getpid()

    waiter = started(child)
    until(lambda: len(cond.waiters) == 1)
    with lock:
        assert cond.notify() == 1
        time.sleep(0.05)
        assert not waiter.done()  # the lock is still ours
    assert waiter.result() == (True, True)


def test_waiting_ends_at_the_deadline_with_the_lock_held(cond, lock):
    with cond:
        assert cond.wait(0.02) is False and lock.owner.pid == os.getpid()
        assert cond.wait(timeout=0) is False and lock.owner.pid == os.getpid()
    assert cond.waiters == [] and not lock.locked()


def test_exactly_n_are_notified(cond, started, until):
    with cond:
        assert cond.notify() == 0 and cond.notify(5) == 0 and cond.notify_all() == 0
    waiters = [started(wait, cond) for _ in range(5)]
    until(lambda: len(cond.waiters) == 5)
    with cond:
        assert cond.notify(0) == 0 and cond.notify() == 1 and cond.notify(n=2) == 2 and cond.notify_all() == 2
        assert cond.notify_all() == 0
    assert [waiter.result() for waiter in waiters] == [True] * 5


def test_who_waits_longest_is_notified_first(cond, segment, started, until):
    order, waiters = segment.counter("order"), []

    def child():
        with cond:
            cond.wait(20)
            return order.add()

    for number in range(4):
        waiters.append(started(child))
        until(lambda: len(cond.waiters) == number + 1)
    for number in range(4):
        with cond:
            cond.notify()
        assert waiters[number].result() == number + 1


def test_a_notification_is_for_those_who_waited(cond, started, until):
    """Who comes after it waits for the next one."""
    early = started(wait, cond)
    until(lambda: len(cond.waiters) == 1)
    with cond:
        assert cond.notify_all() == 1
        assert cond.wait(0.05) is False
    assert early.result() is True


def test_wait_for_asks_its_predicate_and_returns_what_it_said(cond, segment, started, until):
    n = segment.counter("n")

    def child():
        with cond:
            return cond.wait_for(lambda: n.value >= 3 and "three", 20)

    waiter = started(child)
    until(lambda: len(cond.waiters) == 1)
    for _ in range(3):
        assert not waiter.done()
        with cond:
            n.add()
            cond.notify_all()
    assert waiter.result() == "three"
    with cond:
        assert cond.wait_for(lambda: 7) == 7  # without waiting
        start = time.monotonic()
        assert cond.wait_for(lambda: 0, timeout=0.1) == 0
        assert 0.1 <= time.monotonic() - start < 1


def test_the_timeout_of_wait_for_is_one_for_all_its_waits(cond, lock, started):
    """Notifications that change nothing do not make it longer."""

    def disturb():
        end = time.monotonic() + 0.6
        while time.monotonic() < end:
            with cond:
                cond.notify_all()
            time.sleep(0.005)

    child = started(disturb)
    start = time.monotonic()
    with cond:
        assert cond.wait_for(lambda: False, 0.2) is False
    assert 0.2 <= time.monotonic() - start < 0.5
    child.result()


def test_an_exception_of_the_predicate_ends_the_wait_with_the_lock_held(cond, lock):
    with pytest.raises(ZeroDivisionError):
        with cond:
            try:
                cond.wait_for(lambda: 1 / 0)
            finally:
                assert lock.owner.pid == os.getpid()
    assert not lock.locked()


def test_a_reentrant_lock_is_let_go_of_whole_and_taken_as_often(segment, started, until):
    lock = segment.lock("r", reentrant=True)
    cond = segment.condition("rc", lock)

    def child():
        with lock, lock, lock:
            assert cond.wait(20)
            lock.release()
            lock.release()
            held = lock.locked()
            lock.acquire()
            lock.acquire()
            return held

    waiter = started(child)
    until(lambda: len(cond.waiters) == 1)
    with lock, lock:
        assert cond.notify() == 1
    assert waiter.result() is True
    assert not lock.locked()


def test_what_a_killed_process_was_told_another_is_told(cond, started, until, lock):
    """The one that was notified died before it had the lock."""
    for _ in range(5):
        victim = started(wait, cond)
        until(lambda: len(cond.waiters) == 1)
        other = started(wait, cond)
        until(lambda: len(cond.waiters) == 2)
        with cond:
            victim.signal(signal.SIGSTOP)
            assert cond.notify() == 1
        victim.kill()
        killed = time.monotonic()
        got, when = other.ended()
        assert got is True and when - killed < PROMPTLY


def test_a_killed_waiter_takes_no_notification(cond, started, until):
    victim = started(wait, cond)
    until(lambda: len(cond.waiters) == 1)
    victim.kill()
    other = started(wait, cond)
    until(lambda: [waiter.pid for waiter in cond.waiters if waiter.alive] == [other.pid])
    with cond:
        assert cond.notify() == 1
    got, _ = other.ended()
    assert got is True


def test_who_waits_is_told_that_a_holder_died(cond, lock, die, started, until):
    def child():
        with cond:
            cond.wait(20)
            return cond.recovered

    waiter = started(child)
    until(lambda: len(cond.waiters) == 1)
    die(lambda: (lock.acquire(), cond.notify()))
    assert waiter.result() is True
    with cond:
        assert not cond.recovered


def test_a_strict_lock_whose_owner_died_stays_refused(segment, die, started, until):
    lock = segment.lock("strict", strict=True)
    cond = segment.condition("of strict", lock)

    def child():
        lock.acquire()
        try:
            cond.wait(20)
        except shoal.OwnerDied:
            return "refused"

    waiter = started(child)
    until(lambda: len(cond.waiters) == 1)
    die(lambda: (lock.acquire(), cond.notify()))
    assert waiter.result() == "refused"
    lock.repair()


async def wait_async(cond):
    async with cond:
        await cond.wait_async(timeout=20)


async def wait_for_async(cond):
    async with cond:
        await cond.wait_for_async(lambda: False, timeout=20)


def wait_within(cond):
    with cond:
        cond.wait(20)


def wait_within_its_lock(cond):
    with cond.lock:
        cond.wait(20)


def wait_for_within(cond):
    with cond:
        cond.wait_for(lambda: False, 20)


WAITS = {
    "wait": wait_within, "wait, with lock": wait_within_its_lock, "wait_for": wait_for_within,
    "wait_async": lambda cond: asyncio.run(wait_async(cond)), "wait_for_async": lambda cond: asyncio.run(wait_for_async(cond)),
}


@pytest.mark.parametrize("how", WAITS)
def test_a_block_whose_strict_lock_was_refused_to_its_wait_says_only_that(segment, die, started, until, monkeypatch, how):
    """Without the lock, which the end of the block does not try to give back then: nothing is said of that."""
    lock = segment.lock("strict", strict=True)
    cond = segment.condition("of strict", lock)

    def child():
        said = []
        monkeypatch.setattr(sys, "unraisablehook", said.append)
        with pytest.raises(shoal.OwnerDied):
            WAITS[how](cond)
        return [str(each.exc_value) for each in said], lock.locked()

    waiter = started(child)
    until(lambda: len(cond.waiters) == 1)
    die(lambda: (lock.acquire(), cond.notify()))
    assert waiter.result() == ([], False)
    lock.repair()


@pytest.mark.parametrize("how", ["wait", "wait_async"])
def test_a_block_that_has_lost_its_lock_does_not_give_back_another_s(segment, die, started, until, how):
    strict, lock = segment.lock("l", strict=True), segment.lock("l")
    cond = segment.condition("c", strict)

    def child():
        taken = threading.Thread(target=lock.acquire)  # of the same process: whose release it would be
        try:
            with strict:
                try:
                    wait_here(cond, how)
                finally:
                    taken.start()
                    taken.join()
        except shoal.OwnerDied:
            held = lock.locked()
            lock.release()
            return held

    waiter = started(child)
    until(lambda: len(cond.waiters) == 1)
    die(lambda: (strict.acquire(), cond.notify()))
    assert waiter.result() is True


def test_whose_a_lost_lock_is_by_now_is_not_asked_of_what_the_segment_tells_people(segment, name, die, started, until):
    """A thread's id stands there, which names other threads in other PID namespaces; here that of the block's thread is put there."""
    strict, lock = segment.lock("l", strict=True), segment.lock("l")
    cond = segment.condition("c", strict)

    def take_and_name(thread):
        lock.acquire()
        hold = struct.pack("<I", threading.get_native_id()) + b"\0\0\0\0" + struct.pack("<I", int(lock.owner.since))
        with open(f"{os.environ.get('SHOAL_DIR', '/dev/shm')}/shoal.{name}", "r+b") as file, mmap.mmap(file.fileno(), 0) as memory:
            at = memory.find(hold)
            memory[at:at + 4] = struct.pack("<I", thread)

    def child():
        taken = threading.Thread(target=take_and_name, args=[threading.get_native_id()])
        try:
            with strict:
                try:
                    cond.wait(20)
                finally:
                    taken.start()
                    taken.join()
        except shoal.OwnerDied:
            named = lock.owner.thread == threading.get_native_id()
            held = lock.locked()
            lock.release()
            return named, held

    waiter = started(child)
    until(lambda: len(cond.waiters) == 1)
    die(lambda: (strict.acquire(), cond.notify()))
    assert waiter.result() == (True, True)


def wait_here(cond, how):
    if how == "wait":
        cond.wait(20)
    else:
        asyncio.run(cond.wait_async(timeout=20))


def test_a_block_that_took_its_lock_again_gives_it_back(segment, die, started, until):
    strict = segment.lock("l", strict=True)
    cond = segment.condition("c", strict)

    def child():
        try:
            with cond:
                try:
                    cond.wait(20)
                except shoal.OwnerDied:
                    strict.repair()
                    strict.acquire()
                    raise
        except shoal.OwnerDied:
            return strict.locked()

    waiter = started(child)
    until(lambda: len(cond.waiters) == 1)
    die(lambda: (strict.acquire(), cond.notify()))
    assert waiter.result() is False


# ---- Signals -----------------------------------------------------------------------------------------


class Interrupted(Exception):
    pass


@pytest.fixture
def interrupts():
    """SIGUSR1 raises Interrupted."""

    def handler(*_):
        raise Interrupted

    old = signal.signal(signal.SIGUSR1, handler)
    yield
    signal.signal(signal.SIGUSR1, old)


def interrupt_me():
    os.kill(os.getpid(), signal.SIGUSR1)


def test_an_exception_of_a_signal_handler_comes_with_the_lock_held(cond, lock, interrupts):
    threading.Timer(0.05, interrupt_me).start()
    with cond:
        with pytest.raises(Interrupted):
            cond.wait(20)
        assert lock.owner.pid == os.getpid()
    assert cond.waiters == [] and not lock.locked()


def test_the_exception_waits_for_the_lock(cond, lock, interrupts, started, until):
    """Another process has it when the signal comes."""

    def child():
        with lock:
            time.sleep(0.4)
            return time.monotonic()

    cond.acquire()
    child = started(child)
    threading.Timer(0.1, interrupt_me).start()
    with pytest.raises(Interrupted):
        cond.wait(20)
    got = time.monotonic()
    assert lock.owner.pid == os.getpid() and got >= child.result()
    cond.release()


def test_an_exception_while_it_takes_the_lock_back_waits_too(cond, lock, interrupts, started):
    """Notified by a process that keeps the lock for a while."""

    def notify():
        with cond:
            assert cond.notify() == 1
            time.sleep(0.5)
            return time.monotonic()

    cond.acquire()
    child = started(notify)
    threading.Timer(0.3, interrupt_me).start()
    with pytest.raises(Interrupted):
        cond.wait(20)
    got = time.monotonic()
    assert lock.owner.pid == os.getpid() and got >= child.result()
    cond.release()


def test_a_second_exception_does_not_wait_for_the_lock(cond, lock, interrupts, started, until):
    """Ctrl-C twice gets one out, whoever has the lock."""
    cond.acquire()
    taker = started(lambda: (lock.acquire(), time.sleep(60)))
    until(lambda: len(lock.waiters) == 1)
    timers = [threading.Timer(delay, interrupt_me) for delay in (0.3, 0.6)]
    for timer in timers:
        timer.start()
    start = time.monotonic()
    with pytest.raises(Interrupted):
        cond.wait(20)
    assert 0.5 < time.monotonic() - start < 5
    for timer in timers:
        timer.join()
    assert lock.owner.pid == taker.pid and cond.waiters == []
    taker.kill()
    assert wait(cond, 0.01) is False and not lock.locked()


# ---- Finding it --------------------------------------------------------------------------------------


def test_it_belongs_to_one_lock_for_good(cond, lock, segment, name):
    assert segment.condition("c", lock).name == "c"
    with pytest.raises(shoal.TypeMismatch):
        segment.condition("c", segment.lock("other"))
    with shoal.create() as elsewhere:
        with pytest.raises((shoal.Error, ValueError)):
            segment.condition("d", elsewhere.lock("l"))
    for wrong in (None, "l", segment.event("e"), threading.Lock()):
        with pytest.raises(TypeError):
            segment.condition("d", wrong)
    assert "d" not in segment
    with pytest.raises(TypeError):
        shoal.Condition()


def test_a_condition_whose_lock_was_removed_is_a_mismatch(cond, lock, segment):
    del segment["l"]
    with pytest.raises(shoal.ObjectNotFound):
        segment["c"]
    with segment.lock("l") as another:
        with pytest.raises(shoal.TypeMismatch, match="removed since"):
            segment.condition("c", another)
        with pytest.raises(shoal.TypeMismatch, match="removed since"):
            segment["c"].notify()
    with cond:  # who has both goes on
        assert cond.notify() == 0


def test_it_pickles_with_its_lock(cond, lock, segment):
    again = pickle.loads(pickle.dumps(cond))
    assert again.lock.name == "l" and not again.lock.strict
    with again:
        assert lock.locked() and again.wait(0) is False
    strict = segment.condition("c", segment.lock("l", strict=True))
    assert pickle.loads(pickle.dumps(strict)).lock.strict


def test_items_go_through_a_queue_of_two_conditions(segment, lock, started):
    """The classic: producers wait while it is full, consumers while it is empty."""
    not_empty, not_full = segment.condition("not empty", lock), segment.condition("not full", lock)
    n, total = segment.counter("n"), segment.counter("total")

    def produce():
        for _ in range(300):
            with not_full:
                assert not_full.wait_for(lambda: n.value < 4, 20)
                n.add()
                not_empty.notify()
        return True

    def consume():
        for _ in range(300):
            with not_empty:
                assert not_empty.wait_for(lambda: n.value > 0, 20)
                n.sub()
                total.add()
                not_full.notify()
        return True

    children = [started(function) for function in (produce, consume, produce, consume)]
    assert all(child.result(60) for child in children)
    assert n.value == 0 and total.value == 600


def test_a_condition_that_names_no_lock_is_corrupt(tmp_path):
    path = tmp_path / "damaged"
    with shoal.create(str(path), size="1M") as segment:
        segment.condition("c", segment.lock("the lock of it"))
    content = path.read_bytes()
    at = content.rindex(b"the lock of it\0")  # the first one is the lock's own name
    path.write_bytes(content[:at] + b"\0" + content[at + 1:])
    with shoal.open(str(path), readonly=True) as segment:
        with pytest.raises(shoal.Corrupt, match="which lock"):
            segment["c"]
