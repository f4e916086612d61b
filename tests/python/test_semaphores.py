"""Semaphore: permits between processes. What all waits have in common is in test_waits.py."""

import os
import pickle
import time

import pytest

import shoal

PROMPTLY = 0.3


@pytest.fixture
def sem(segment):
    return segment.semaphore("s", 3)


def test_as_many_get_in_as_there_are_permits(sem, in_child):
    assert (sem.value, sem.initial, sem.bounded, sem.held, sem.name) == (3, 3, True, 0, "s")
    assert sem.acquire() is True and sem.acquire(timeout=1) is True
    assert (sem.value, sem.held) == (1, 2)
    assert in_child(lambda: (sem.acquire(), sem.acquire(False), sem.acquire(timeout=0.02))) == (True, False, False)
    assert sem.release() is None and sem.release(1) is None
    assert sem.acquire(timeout=1) and sem.acquire(timeout=1) and sem.acquire(timeout=1), "the child's came back"
    assert sem.acquire(block=False) is False
    sem.release(3)
    assert sem.value == 3 and sem.held == 0


def test_one_is_the_default(segment):
    sem = segment.semaphore("one")
    assert sem.initial == 1 and sem.acquire(False) and not sem.acquire(False)
    sem.release()


def test_a_release_too_many_is_refused(sem, holding):
    holding(sem.acquire)
    sem.acquire()
    with pytest.raises(shoal.LockError):
        sem.release(2)
    assert sem.held == 1 and sem.value == 1
    sem.release()


def test_the_most_permits_it_can_have(segment):
    sem = segment.semaphore("most", 65536)
    assert sem.value == 65536 and sem.acquire() and sem.value == 65535
    sem.release()


def test_permits_of_the_dead_come_back(sem, die, holding, started, until):
    die(lambda: (sem.acquire(), sem.acquire()))
    for _ in range(3):
        assert sem.acquire(timeout=1)
    sem.release(3)
    child = holding(lambda: (sem.acquire(), sem.acquire(), sem.acquire()))
    waiters = [started(sem.acquire) for _ in range(3)]
    until(lambda: len(sem.waiters) == 3)
    killed = time.monotonic()
    child.kill()
    for waiter in waiters:
        got, when = waiter.ended()
        assert got is True and when - killed < PROMPTLY


def test_who_holds_permits_is_seen(sem, holding, in_child):
    assert sem.holders == [] and "3 of 3" in repr(sem)
    child = holding(lambda: (sem.acquire(), sem.acquire()))
    with sem:
        holders = {holder.pid: holder.count for holder in sem.holders}
        assert holders == {os.getpid(): 1, child.pid: 2}
        assert all(holder.alive and holder.program for holder in sem.holders)
        assert sem.held == 1 and in_child(lambda: sem.held) == 0
    child.kill()
    assert [holder for holder in sem.holders if holder.alive] == []


def test_a_signal_is_raised_by_anybody_and_lowered_by_who_takes_it(segment, in_child):
    sem = segment.semaphore("jobs", 0, bounded=False)
    pickled = pickle.loads(pickle.dumps(sem))
    assert (pickled.bounded, pickled.value) == (sem.bounded, sem.value) == (False, 0)
    assert sem.initial == 0 and not sem.acquire(False)
    in_child(lambda: sem.release(5))
    assert sem.value == 5 and sem.held == 0 and sem.holders == [] and "5, unbounded" in repr(sem)
    assert sem.acquire(False) and sem.value == 4
    sem.release(2**31 - 1 - 4)
    with pytest.raises(OverflowError):
        sem.release()
    assert sem.value == 2**31 - 1


def test_no_signal_is_lost_or_doubled(segment, started):
    jobs = segment.semaphore("jobs", 0, bounded=False)

    def take(times):
        return sum(jobs.acquire(timeout=20) for _ in range(times))

    takers = [started(take, 500) for _ in range(3)]
    for _ in range(500):
        jobs.release(3)
    assert [taker.result() for taker in takers] == [500] * 3
    assert jobs.value == 0 and not jobs.acquire(False)


def test_no_permit_is_lost_when_holders_and_waiters_are_killed(sem, segment, started):
    """At work all the time, one after the other killed; in the end all permits are there."""
    inside = segment.counter("inside")

    def work():
        while True:
            with sem:
                inside.add()

    workers = [started(work) for _ in range(5)]
    for _ in range(60):
        time.sleep(0.005)
        workers.pop(0).kill()
        workers.append(started(work))
    before = inside.value
    time.sleep(PROMPTLY)
    assert inside.value > before
    for worker in workers:
        worker.kill()
    for _ in range(3):
        assert sem.acquire(timeout=1)
    assert not sem.acquire(False)
    sem.release(3)
    assert sem.value == 3


def test_a_released_permit_wakes_one_who_waits(sem, started, until):
    sem.acquire(), sem.acquire(), sem.acquire()
    waiters = [started(lambda: (sem.acquire(), time.sleep(60))) for _ in range(2)]
    until(lambda: len(sem.waiters) == 2)
    sem.release()
    until(lambda: sorted(holder.count for holder in sem.holders) == [1, 2])
    until(lambda: len(sem.waiters) == 1)
    sem.release(2)
    until(lambda: {holder.pid for holder in sem.holders} == {waiter.pid for waiter in waiters})
    assert sem.value == 1
