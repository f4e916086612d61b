"""RWLock, Semaphore, Event, Condition and Barrier: one language holds, the other waits, either dies."""

import os
import select
import threading
import time

import pytest
from conftest import Refused, start_php

import shoal

PROMPTLY = 0.3  # seconds from the kill to when the other goes on
LANGUAGES = ["php", "python"]
both_ways = pytest.mark.parametrize("one, other", [("php", "python"), ("python", "php"), ("php", "php")])


class Side:
    """A process of one language, with one object in its hands."""

    def __init__(self, peer, kind, name, **parameters):
        self.peer, self.name = peer, name
        self.make(kind, name, **parameters)

    def make(self, kind, name, **parameters):
        self.peer("make", kind=kind, name=name, **parameters)

    def __call__(self, method, *arguments):
        return self.peer("call", name=self.name, method=method, arguments=list(arguments))["result"]

    def send(self, method, *arguments):
        self.peer.send("call", name=self.name, method=method, arguments=list(arguments))

    def receive(self):
        return self.peer.receive()

    def get(self, property):
        return self.peer("property", name=self.name, property=property)

    @property
    def pid(self):
        return self.peer.pid


@pytest.fixture
def pair(segment, mortal, request):
    """pair(one, other, kind, ...): the same object in a process of each; and the test's own handle on it."""
    name = request.node.name

    def pair(one, other, kind, **parameters):
        sides = [Side(mortal(language), kind, name, **parameters) for language in (one, other)]
        return (*sides, segment[name])

    return pair


def until_it_waits(side, thing):
    deadline = time.monotonic() + 10
    while side.pid not in [waiter.pid for waiter in thing.waiters]:
        assert time.monotonic() < deadline, "it does not wait"
        time.sleep(0.001)


def refused(kind, call, *arguments):
    with pytest.raises(Refused) as caught:
        call(*arguments)
    assert caught.value.kind.rpartition("\\")[2] == kind, caught.value
    return str(caught.value)


# ---- RWLock -----------------------------------------------------------------------------------------


@both_ways
def test_readers_of_both_languages_share_and_writers_are_alone(pair, one, other):
    a, b, rw = pair(one, other, "rwlock")
    assert a("read", 1) and b("read", 1) and rw.read(1).acquire()
    assert {reader.pid for reader in rw.readers} == {a.pid, b.pid, os.getpid()}
    assert {reader["pid"] for reader in a.get("readers")} == {a.pid, b.pid, os.getpid()}
    rw.unlock()
    a("unlock")
    assert a("write", 0.01) is False
    b("unlock")
    assert a("write", 1) is True and rw.owner.pid == a.pid == b.get("owner")["pid"]
    assert b("read", 0) is False and b("write", 0.01) is False
    a("downgrade")
    assert b("read", 1) is True and rw.owner is None
    assert b("write", 0) is False  # a try; a wait for what this thread itself reads would be in vain
    refused("LockError", b, "write", 1)
    a("unlock"), b("unlock")
    refused("LockError", a, "unlock")


@both_ways
def test_a_writer_that_dies_waiting_lets_readers_in(pair, one, other, segment):
    victim, reader, rw = pair(one, other, "rwlock")
    with rw.read():
        victim.send("write", 10)
        until_it_waits(victim, rw)
        reader.send("read", 10)
        until_it_waits(reader, rw)
        start = time.monotonic()
        victim.peer.kill()
        assert reader.receive()["result"] and time.monotonic() - start < PROMPTLY


# ---- Semaphore --------------------------------------------------------------------------------------


@both_ways
def test_permits_of_the_dead_come_back_in_the_other_language(pair, one, other):
    victim, waiter, sem = pair(one, other, "semaphore", value=2)
    assert victim("acquire") and victim("acquire") and not waiter("acquire", 0)
    assert [(holder["pid"], holder["count"]) for holder in waiter.get("holders")] == [(victim.pid, 2)]
    refused("LockError", waiter, "release")
    waiter.send("acquire", 10)
    until_it_waits(waiter, sem)
    start = time.monotonic()
    victim.peer.kill()
    assert waiter.receive()["result"] and time.monotonic() - start < PROMPTLY
    assert waiter("acquire", 1) and sem.value == 0
    waiter("release", 2)
    assert sem.value == 2


@both_ways
def test_signals_of_one_are_taken_by_the_other(pair, one, other):
    a, b, items = pair(one, other, "semaphore", value=0, bounded=False)
    b.send("acquire", 10)
    until_it_waits(b, items)
    a("release", 3)
    assert b.receive()["result"] and b("acquire", 0) and items.acquire(False) and not b("acquire", 0)


# ---- Event ------------------------------------------------------------------------------------------


@both_ways
def test_what_one_sets_the_other_sees_and_awaits(pair, one, other):
    a, b, event = pair(one, other, "event")
    assert not a("is_set") and a("wait", 0.01) is False
    b.send("wait", 10)
    until_it_waits(b, event)
    a("set")
    assert b.receive()["result"] is True and b("is_set") and event.wait(0)
    b("clear")
    assert not a("is_set")


@both_ways
def test_an_event_of_the_dead_stays_set(pair, one, other):
    victim, waiter, event = pair(one, other, "event")
    waiter.send("wait", 10)
    until_it_waits(waiter, event)
    victim.send("set")
    while not event.is_set():
        pass
    victim.peer.kill()
    start = time.monotonic()
    assert waiter.receive()["result"] is True and time.monotonic() - start < PROMPTLY


# ---- Condition --------------------------------------------------------------------------------------


@pytest.fixture
def conditions(segment, mortal, request):
    """conditions(*languages): a process of each, with the same condition and its lock; and the test's own condition."""
    name = request.node.name

    def conditions(*languages):
        sides = []
        for language in languages:
            side = Side(mortal(language), "lock", name + " lock")
            side.make("condition", name, lock=name + " lock")
            side.lock, side.name = side.name, name
            sides.append(side)
        return (*sides, segment[name])

    return conditions


def locked(side, method, *arguments):
    side.peer("call", name=side.lock, method="acquire")
    try:
        return side(method, *arguments)
    finally:
        side.peer("call", name=side.lock, method="release")


def wait(side, timeout=10):
    side.peer("call", name=side.lock, method="acquire")
    side.send("wait", timeout)


def release(side):
    side.peer("call", name=side.lock, method="release")


@both_ways
def test_one_notifies_the_other(conditions, one, other):
    a, b, condition = conditions(one, other)
    refused("LockError", a, "notify")
    refused("LockError", b, "wait", 0)
    assert locked(a, "notify") == 0 and locked(a, "wait", 0.01) is False
    wait(b)
    until_it_waits(b, condition)
    assert locked(a, "notify") == 1
    assert b.receive()["result"] is True and condition.lock.owner.pid == b.pid
    release(b)
    wait(b)
    until_it_waits(b, condition)
    assert locked(a, "notify_all") == 1 and b.receive()["result"] is True


@both_ways
@pytest.mark.parametrize("notifier", LANGUAGES)
def test_what_the_dead_was_told_another_is_told(conditions, one, other, notifier):
    victim, waiter, teller, condition = conditions(one, other, notifier)
    wait(victim)
    until_it_waits(victim, condition)
    wait(waiter)
    until_it_waits(waiter, condition)
    teller.peer("call", name=teller.lock, method="acquire")
    assert teller("notify") == 1  # the victim's, which cannot have the lock yet
    victim.peer.kill()
    start = time.monotonic()
    release(teller)
    assert waiter.receive()["result"] is True and time.monotonic() - start < PROMPTLY


# ---- Barrier ----------------------------------------------------------------------------------------


@both_ways
def test_both_languages_meet(pair, one, other):
    a, b, barrier = pair(one, other, "barrier", parties=3)
    for _ in range(3):
        a.send("wait", 10)
        until_it_waits(a, barrier)
        b.send("wait", 10)
        until_it_waits(b, barrier)
        assert barrier.n_waiting == 2 and {holder.pid for holder in barrier.holders} == {a.pid, b.pid}
        assert barrier.wait(10) == 2
        assert [a.receive()["result"], b.receive()["result"]] == [0, 1]


@both_ways
def test_a_party_that_dies_breaks_it_and_is_named(pair, one, other):
    victim, waiter, barrier = pair(one, other, "barrier", parties=3)
    victim.send("wait", 10)
    until_it_waits(victim, barrier)
    waiter.send("wait", 10)
    until_it_waits(waiter, barrier)
    start = time.monotonic()
    victim.peer.kill()
    assert f"pid {victim.pid}" in refused("BrokenBarrier", waiter.receive)
    assert time.monotonic() - start < PROMPTLY
    assert waiter.get("broken") and barrier.broken
    with pytest.raises(shoal.BrokenBarrier, match=str(victim.pid)):
        barrier.wait(1)
    waiter("reset")
    assert not barrier.broken


@both_ways
def test_a_dead_party_does_not_wait_any_more(pair, one, other):
    victim, viewer, barrier = pair(one, other, "barrier", parties=2)
    victim.send("wait", 10)
    until_it_waits(victim, barrier)
    waiting = "waiting" if other == "php" else "n_waiting"
    assert viewer.get(waiting) == barrier.n_waiting == 1
    victim.peer.kill()
    victim.peer.process.wait()
    assert viewer.get(waiting) == barrier.n_waiting == 0


@both_ways
def test_a_party_that_ends_in_good_order_breaks_nothing(pair, one, other):
    leaver, waiter, barrier = pair(one, other, "barrier", parties=2)
    leaver.send("wait", 10)
    assert waiter("wait", 10) in (0, 1) and leaver.receive()["result"] in (0, 1)
    leaver.peer.send("exit")
    assert leaver.peer.process.wait(10) == 0
    waiter.send("wait", 10)
    until_it_waits(waiter, barrier)
    time.sleep(0.15)  # longer than the slice in which the dead are looked for
    assert not barrier.broken and barrier.wait(10) == 1
    assert waiter.receive()["result"] == 0


@both_ways
def test_a_deadline_breaks_it_for_the_other(pair, one, other):
    hasty, waiter, barrier = pair(one, other, "barrier", parties=3)
    waiter.send("wait", 10)
    until_it_waits(waiter, barrier)
    refused("Timeout", hasty, "wait", 0.02)
    refused("BrokenBarrier", waiter.receive)
    barrier.reset()


# ---- Cycles -----------------------------------------------------------------------------------------


@both_ways
def test_a_cycle_between_the_languages_is_reported_once(segment, mortal, request, one, other):
    names = [f"{request.node.name} {number}" for number in range(2)]
    sides = [Side(mortal(language), "lock", name) for language, name in zip((one, other), names)]
    for side, wanted in zip(sides, reversed(names)):
        side("acquire")
        side.make("lock", wanted)
    for side, wanted in zip(sides, reversed(names)):
        side.name = wanted
        side.send("acquire")
    answered = select.select([side.peer.process.stdout for side in sides], [], [], 10)[0]
    first, second = sorted(sides, key=lambda side: side.peer.process.stdout not in answered)
    said = refused("LockError", first.receive)
    assert all(str(side.pid) in said for side in sides)
    first.peer("call", name=second.name, method="release")  # the one it has, which the other wants
    assert second.receive()["result"] is True


@both_ways
def test_a_cycle_between_the_languages_through_two_segments_is_reported_once(segment, mortal, request, one, other):
    names = [f"{request.node.name} {number}" for number in range(2)]
    with shoal.create(f"{segment.name}-more", "1M") as more:
        try:
            sides = [Side(mortal(language), "lock", names[0]) for language in (one, other)]
            for side in sides:
                side.peer("open", name=more.name)
                side.make("lock", names[1])
            for side, name, wanted in zip(sides, names, reversed(names)):
                side.name = name
                side("acquire")
                side.name = wanted
            for side in sides:
                side.send("acquire")
            answered = select.select([side.peer.process.stdout for side in sides], [], [], 10)[0]
            first, second = sorted(sides, key=lambda side: side.peer.process.stdout not in answered)
            said = refused("LockError", first.receive)
            assert all(str(side.pid) in said for side in sides) and " of segment " in said
            first.peer("call", name=second.name, method="release")
            assert second.receive()["result"] is True
        finally:
            more.unlink()


def test_what_is_said_of_a_list_that_is_cut_is_the_same_in_both_languages(php, request):
    """Five threads wait in a full segment, where one has a place."""
    name = f"test-{os.getpid()}-full"
    with shoal.create(name, "1M") as full:
        try:
            event, size = full.event("e"), 1 << 16
            while size:
                try:
                    full[f"{len(full)}"] = b"x" * size
                except shoal.NoSpace:
                    size //= 2
            threads = [threading.Thread(target=event.wait) for _ in range(5)]
            for thread in threads:
                thread.start()
            deadline = time.monotonic() + 10
            while len(event.waiters) != 2 and time.monotonic() < deadline:
                time.sleep(0.001)
            reader = start_php()
            reader("open", name=name, readonly=True)
            reader("make", kind="event", name="e")
            told = reader("property", name="e", property="waiters")
            assert [(who["pid"], who["thread"], who["count"]) for who in told] == [(w.pid, w.thread, w.count) for w in event.waiters]
            assert [who["count"] for who in told] == [1, 0]
            reader.end()
            event.set()
            for thread in threads:
                thread.join(20)
        finally:
            full.unlink()


# ---- Names of what is held, and what a request holds --------------------------------------------------


@both_ways
def test_who_takes_what_a_request_gave_up_is_told(pair, one, other):
    a, b, lock = pair(one, other, "lock")
    a("acquire")
    assert b("acquire", 0) is False and a.peer("release_all") == 1 and a.peer("release_all") == 0
    assert b("acquire", 0) is True and lock.owner.pid == b.pid and b.get("recovered") is True
    refused("LockError", a, "release")
