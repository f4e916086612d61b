"""Processes that wait for each other's locks are told so, instead of waiting for ever."""

import os
import threading
import time

import pytest

import shoal


def try_with(outer, inner, ready, go):
    """Take one, then, when all have theirs, the other: how it ended, and when."""
    with outer:
        ready.add()
        go.wait()
        try:
            with inner:
                return "got it", None
        except shoal.LockError as error:
            return "told", str(error)


def run_cycle(segment, started, until, count, take):
    locks = [segment.lock(f"lock {number}") for number in range(count)]
    ready, go = segment.counter("ready"), segment.event("go")
    children = [started(take, locks[number], locks[(number + 1) % count], ready, go) for number in range(count)]
    until(lambda: ready.value == count)
    start = time.monotonic()
    go.set()
    ends = [child.result(30) for child in children]
    assert time.monotonic() - start < 5
    assert not any(lock.locked() for lock in locks)
    return [child.pid for child in children], ends


@pytest.mark.parametrize("count", [2, 3])
def test_a_cycle_of_processes_is_reported_once_and_named(segment, started, until, count):
    pids, ends = run_cycle(segment, started, until, count, try_with)
    told = [message for how, message in ends if how == "told"]
    assert len(told) == 1 and [how for how, _ in ends].count("got it") == count - 1
    for number, pid in enumerate(pids):
        assert str(pid) in told[0] and f"lock {number}" in told[0]


def test_a_cycle_of_many_processes_is_reported_once(segment, started, until):
    _, ends = run_cycle(segment, started, until, 40, try_with)
    (told,) = [message for how, message in ends if how == "told"]
    assert "40 threads in all" in told and [how for how, _ in ends].count("got it") == 39


def test_a_cycle_through_two_segments_is_found(segment, started, until):
    with shoal.create(size="1M") as other:
        one, two = segment.lock("one"), other.lock("two")
        ready, go = segment.counter("ready"), segment.event("go")
        children = [started(try_with, *pair, ready, go) for pair in ((one, two), (two, one))]
        until(lambda: ready.value == 2)
        go.set()
        ends = [child.result(30) for child in children]
    assert sorted(how for how, _ in ends) == ["got it", "told"]
    (told,) = [message for how, message in ends if how == "told"]
    assert " of segment " in told and "one" in told and "two" in told


@pytest.mark.parametrize("idle", [40, 400])
def test_a_cycle_beside_idle_threads_is_found(segment, started, until, idle):
    one, two, never = segment.lock("one"), segment.lock("two"), segment.event("never")
    ready, go = segment.counter("ready"), segment.event("go")

    def take(outer, inner):
        for _ in range(idle):
            threading.Thread(target=never.wait, daemon=True).start()
        until(lambda: [waiter.pid for waiter in never.waiters].count(os.getpid()) == idle)
        return try_with(outer, inner, ready, go)[0]

    children = [started(take, *pair) for pair in ((one, two), (two, one))]
    until(lambda: ready.value == 2)
    go.set()
    assert sorted(child.result(30) for child in children) == ["got it", "told"]


def test_a_list_of_waiters_says_that_it_is_cut(segment, until):
    """Of waits that are in no cycle one is noted without more memory."""
    event, size, number = segment.event("e"), 1 << 20, 0
    while size:
        try:
            segment[f"filling {number}"] = b"x" * size
            number += 1
        except shoal.NoSpace:
            size //= 2
    threads = [threading.Thread(target=event.wait) for _ in range(5)]
    for thread in threads:
        thread.start()
    until(lambda: len(event.waiters) == 2)
    seen, cut = event.waiters
    assert seen.count == 1 and seen.thread in [thread.native_id for thread in threads]
    assert (cut.count, cut.thread, cut.pid, cut.alive) == (0, 0, os.getpid(), True)
    assert segment.info().locks[0].waiters == [seen, cut]
    event.set()
    for thread in threads:
        thread.join(20)
    assert event.waiters == []


def test_a_wait_with_a_deadline_ends_by_it(segment, started, until):
    """Only waits without one look for cycles: this one has an end anyway."""

    def take(outer, inner, ready, go):
        with outer:
            ready.add()
            go.wait()
            got = inner.acquire(timeout=0.5)
            if got:
                inner.release()
            return got

    _, ends = run_cycle(segment, started, until, 2, take)
    assert False in ends


def test_threads_of_one_process_form_a_cycle_too(segment):
    one, two = segment.lock("one"), segment.lock("two")
    ready, go, ends = threading.Barrier(2), segment.event("go"), []

    def take(outer, inner):
        with outer:
            ready.wait(20)
            try:
                with inner:
                    ends.append("got it")
            except shoal.LockError as error:
                ends.append(str(error))

    threads = [threading.Thread(target=take, args=pair) for pair in ((one, two), (two, one))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(ends) == 2 and ends.count("got it") == 1
    (told,) = [end for end in ends if end != "got it"]
    assert str(os.getpid()) in told


def test_a_cycle_through_an_rwlock_is_found(segment, started, until):
    lock, rw = segment.lock("lock"), segment.rwlock("rw")
    ready, go = segment.counter("ready"), segment.event("go")
    children = [
        started(try_with, lock, rw.write(), ready, go),
        started(try_with, rw.write(), lock, ready, go),
    ]
    until(lambda: ready.value == 2)
    go.set()
    ends = [child.result(30)[0] for child in children]
    assert sorted(ends) == ["got it", "told"]


def test_waiting_for_somebody_who_does_not_wait_is_no_cycle(segment, started, until):
    one, two = segment.lock("one"), segment.lock("two")
    go = segment.event("go")

    def hold():
        with two:
            go.wait()
            time.sleep(0.5)

    holder = started(hold)
    until(two.locked)

    def take():
        with one, two:
            return True

    waiter = started(take)
    go.set()
    assert waiter.result() is True
    holder.result()


def test_no_cycle_is_reported_where_there_is_none(segment, started):
    """Many processes, three locks, always in the same order."""
    locks = [segment.lock(f"lock {number}") for number in range(3)]

    def work(number):
        for _ in range(200):
            with locks[number % 2], locks[2]:
                pass
        return True

    assert all(child.result(60) for child in [started(work, number) for number in range(4)])
