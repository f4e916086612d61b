"""Each kind, each way to hold it and each wait, one language against the other: tests/kinds answers for them in both."""

import os
import random
import signal
import time

import pytest
from conftest import Refused
from kinds import HOLDS, KINDS, LIVE, WAITS

PROMPTLY = 0.3  # seconds from the kill to when the other goes on
both_ways = pytest.mark.parametrize("one, other", [("php", "python"), ("python", "php"), ("php", "php")])
BLOCKING_REMOVAL = ["signal", "event", "barrier"]


def until_waiting(segment, *peers):
    deadline, pids = time.monotonic() + 10, sorted(peer.pid for peer in peers)
    while sorted(waiter.pid for waiter in segment["x"].waiters) != pids:
        assert time.monotonic() < deadline, "they do not wait"
        time.sleep(0.001)


def refused(exception, call, *arguments, **named):
    with pytest.raises(Refused) as caught:
        call(*arguments, **named)
    assert caught.value.kind.rpartition("\\")[2] == exception, caught.value
    return str(caught.value)


# ---- Kinds -------------------------------------------------------------------------------------------


@both_ways
@pytest.mark.parametrize("kind", KINDS)
def test_what_one_makes_the_other_finds_and_uses(peers, own_segment, kind, one, other):
    a, b = peers(one, other)
    kept = a("make one", kind=kind)
    assert b("make one", kind=kind) == kept and a("make one", kind=kind) == kept
    KINDS[kind].use(own_segment["x"])


@both_ways
@pytest.mark.parametrize("kind", KINDS)
def test_another_kind_of_that_name_is_a_type_mismatch(peers, kind, one, other):
    a, b = peers(one, other)
    a("make one", kind=kind)
    for asked in KINDS:
        if asked != kind:
            refused("TypeMismatch", b, "make one", kind=asked)
    b("make one", kind=kind)


# ---- Holding one -------------------------------------------------------------------------------------


@both_ways
@pytest.mark.parametrize("own", HOLDS)
def test_others_are_kept_out_and_may_take_it_then(peers, own_segment, own, one, other):
    a, b = peers(one, other)
    assert b("alone", own=own) and a("take", own=own) == [True, False]
    assert b("alone", own=own) is False and not HOLDS[own].alone(own_segment)
    assert [(holder.pid, holder.count) for holder in own_segment.info().locks[0].holders] == [(a.pid, 1)]
    a("give", own=own)
    assert b("alone", own=own) and HOLDS[own].alone(own_segment)


@both_ways
@pytest.mark.parametrize("own", HOLDS)
def test_giving_back_what_is_not_held_is_refused(peers, own, one, other):
    a, b = peers(one, other)
    refused("LockError", a, "give", own=own)
    a("take", own=own)
    refused("LockError", b, "give", own=own)
    a("give", own=own)


@both_ways
@pytest.mark.parametrize("own", HOLDS)
def test_next_taker_is_told_that_the_holder_died(peers, own_segment, own, one, other):
    for _ in range(5):
        victim, taker = peers(one, other)
        victim("take", own=own)
        victim.kill()
        start = time.monotonic()
        assert taker("take", own=own, timeout=10) == [True, HOLDS[own].tells] and time.monotonic() - start < PROMPTLY
        taker("give", own=own)
        HOLDS[own].alone(own_segment)  # of readers each is told, until somebody writes
        assert taker("take", own=own, timeout=0) == [True, False]  # told only once
        taker("give", own=own)


@both_ways
@pytest.mark.parametrize("own", HOLDS)
def test_a_child_that_ends_without_release_gives_it_up(peers, own_segment, own, one, other):
    a, b = peers(one, other)
    a("take", own=own)
    a.send("exit")
    assert a.process.wait(10) == 0
    assert b("take", own=own, timeout=5) == [True, HOLDS[own].tells]


@both_ways
@pytest.mark.parametrize("own", HOLDS)
def test_what_is_held_is_not_removed(peers, own_segment, own, one, other):
    a, b = peers(one, other)
    a("take", own=own)
    for peer in (a, b):
        assert f"(pid {a.pid}" in refused("LockError", peer, "remove", name="x")
    os.kill(a.pid, signal.SIGSTOP)  # in the way still
    assert f"(pid {a.pid}" in refused("LockError", b, "remove", name="x")
    a.kill()
    a.process.wait()
    b("remove", name="x")
    assert "x" not in own_segment


@pytest.mark.parametrize("own", HOLDS)
def test_who_is_killed_at_any_time_stops_nobody_of_either_language(peers, own_segment, own):
    turns = 300
    for _ in range(3):
        first, second, third, fourth = peers("php", "python", "php", "python")
        for side in (first, second, third, fourth):
            side.send("take turns", own=own, times=turns)
        for victim in (third, fourth):
            for _ in range(random.randrange(turns // 2)):
                victim.receive()
            victim.kill()
        for side in (first, second):
            assert [side.receive() for _ in range(turns + 1)] == [None] * turns + ["done"]
        for victim in (third, fourth):
            victim.process.wait()  # until then it may count as one who waits
    assert HOLDS[own].strongest(own_segment).acquire(timeout=1) and not HOLDS[own].alone(own_segment)
    HOLDS[own].strongest(own_segment).release()
    assert own_segment["x"].waiters == []


# ---- Waiting for one ---------------------------------------------------------------------------------


@both_ways
@pytest.mark.parametrize("own", WAITS)
def test_a_wait_ends_when_it_is_let_go(peers, own_segment, own, one, other):
    a, b = peers(one, other)
    a("hold", own=own)
    b.send("wait", own=own, timeout=10)
    until_waiting(own_segment, b)
    a("free", own=own)
    assert b.receive() == [True, False] and own_segment["x"].waiters == []


@both_ways
@pytest.mark.parametrize("own", [own for own in WAITS if WAITS[own].held])
def test_a_waiter_goes_on_when_the_holder_is_killed(peers, own_segment, own, one, other):
    victim, waiter = peers(one, other)
    victim("hold", own=own)
    waiter.send("wait", own=own, timeout=10)
    until_waiting(own_segment, waiter)
    start = time.monotonic()
    victim.kill()
    assert waiter.receive() == [True, WAITS[own].tells] and time.monotonic() - start < PROMPTLY


@both_ways
@pytest.mark.parametrize("own", [own for own in WAITS if own != "barrier"])  # which it breaks
def test_a_killed_waiter_is_in_nobodys_way(peers, own_segment, own, one, other):
    victim, waiter, holder = peers(one, other, one)
    holder("hold", own=own)
    victim.send("wait", own=own)
    until_waiting(own_segment, victim)
    waiter.send("wait", own=own, timeout=10)
    until_waiting(own_segment, victim, waiter)
    victim.kill()
    start = time.monotonic()
    holder("free", own=own)
    assert waiter.receive()[0] is True and time.monotonic() - start < PROMPTLY


@both_ways
@pytest.mark.parametrize("own", BLOCKING_REMOVAL)
def test_what_is_waited_for_is_not_removed(peers, own_segment, own, one, other):
    a, b = peers(one, other)
    b("hold", own=own)
    a.send("wait", own=own, timeout=20)
    until_waiting(own_segment, a)
    assert f"(pid {a.pid}" in refused("LockError", b, "remove", name="x")
    b("free", own=own)
    a.receive()
    b("remove", name="x")
    assert "x" not in own_segment
