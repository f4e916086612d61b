"""Barrier: where processes meet. What all waits have in common is in test_waits.py."""

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time

import pytest

import shoal

PROMPTLY = 0.3


@pytest.fixture
def barrier(segment):
    return segment.barrier("b", 3)


def meet(barrier, timeout=20):
    try:
        return barrier.wait(timeout)
    except shoal.BrokenBarrier:
        return "broken"
    except shoal.Timeout:
        return "timeout"


def test_all_go_on_when_the_last_is_there(barrier, started, until):
    assert (barrier.parties, barrier.n_waiting, barrier.broken, barrier.name) == (3, 0, False, "b")
    assert "0 of 3" in repr(barrier)
    for _ in range(3):
        children = [started(meet, barrier) for _ in range(2)]
        until(lambda: barrier.n_waiting == 2)
        assert not any(child.done() for child in children) and "2 of 3" in repr(barrier)
        assert barrier.wait() == 2  # the last
        assert sorted(child.result() for child in children) == [0, 1]
        assert barrier.n_waiting == 0


def test_threads_are_parties_too(segment):
    barrier, got = segment.barrier("threads", 4), []
    threads = [threading.Thread(target=lambda: got.append(barrier.wait(20))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(got) == [0, 1, 2, 3]


def test_a_barrier_of_one_is_passed_at_once(segment):
    barrier, seen = segment.barrier("one", 1), []
    assert [barrier.wait(), barrier.wait(0), barrier.wait(action=lambda: seen.append(1))] == [0, 0, 0] and seen == [1]


def test_nobody_is_a_generation_ahead(barrier, segment, started):
    rounds = segment.array("rounds", 3, "i8")

    def run(number):
        for turn in range(200):
            rounds[number] = turn
            barrier.wait(20)
            assert set(rounds.tolist()) == {turn}
            barrier.wait(20)
        return True

    children = [started(run, number) for number in range(3)]
    assert all(child.result(60) for child in children)


def test_the_last_to_arrive_acts_before_the_others_go_on(barrier, segment, started, until):
    done = segment.counter("done")

    def child():
        barrier.wait(20, action=done.add)
        return done.value

    children = [started(child) for _ in range(2)]
    until(lambda: barrier.n_waiting == 2)

    def action():
        time.sleep(0.1)
        assert not any(child.done() for child in children)
        done.add(10)

    assert barrier.wait(timeout=20, action=action) == 2
    assert [child.result() for child in children] == [10, 10] and done.value == 10


def test_an_action_that_fails_breaks_it(barrier, started, until):
    children = [started(meet, barrier) for _ in range(2)]
    until(lambda: barrier.n_waiting == 2)
    with pytest.raises(ZeroDivisionError):
        barrier.wait(action=lambda: 1 / 0)
    assert [child.result() for child in children] == ["broken", "broken"]
    assert barrier.broken and "broken" in repr(barrier)


def test_a_deadline_breaks_it_for_all_who_wait(barrier, started, until):
    other = started(meet, barrier)
    until(lambda: barrier.n_waiting == 1)
    start = time.monotonic()
    with pytest.raises(shoal.Timeout):
        barrier.wait(0.1)
    assert 0.1 <= time.monotonic() - start < 1
    assert other.result() == "broken" and barrier.broken and barrier.n_waiting == 0
    with pytest.raises(shoal.BrokenBarrier, match="deadline") as caught:
        barrier.wait()
    assert isinstance(caught.value, RuntimeError) and isinstance(caught.value, shoal.Error)


def test_abort_breaks_it_and_reset_mends_it(barrier, started, until):
    children = [started(meet, barrier) for _ in range(2)]
    until(lambda: barrier.n_waiting == 2)
    barrier.abort()
    assert [child.result() for child in children] == ["broken", "broken"]
    assert barrier.broken and meet(barrier) == "broken"
    barrier.reset()
    assert not barrier.broken and barrier.n_waiting == 0
    children = [started(meet, barrier) for _ in range(2)]
    assert barrier.wait(20) in (0, 1, 2)
    assert all(child.result() in (0, 1, 2) for child in children)


def test_reset_sends_away_who_waits_and_leaves_it_whole(barrier, started, until):
    child = started(meet, barrier)
    until(lambda: barrier.n_waiting == 1)
    barrier.reset()
    assert child.result() == "broken" and not barrier.broken and barrier.n_waiting == 0


def test_a_party_that_dies_at_it_breaks_it_and_is_named(barrier, started, until):
    def stay():
        try:
            barrier.wait(20)
        except shoal.BrokenBarrier as error:
            return str(error)

    victim, other = started(meet, barrier), started(stay)
    until(lambda: barrier.n_waiting == 2)
    pid, killed = victim.pid, time.monotonic()
    victim.kill()
    said, when = other.ended()
    assert str(pid) in said and when - killed < PROMPTLY
    assert barrier.broken


def test_a_party_that_dies_on_its_way_breaks_it(barrier, started, until):
    """It was at the barrier once, so the others count on it."""
    children = [started(lambda: (meet(barrier), time.sleep(60))) for _ in range(2)]
    until(lambda: barrier.n_waiting == 2)
    assert barrier.wait(20) == 2
    victim = children[0].pid
    killer = threading.Timer(0.1, children[0].kill)
    killer.start()
    start = time.monotonic()
    with pytest.raises(shoal.BrokenBarrier, match=str(victim)):
        barrier.wait(20)
    assert time.monotonic() - start < 0.1 + PROMPTLY
    killer.join()


def test_a_party_that_died_before_anybody_came_again_breaks_it(barrier, started, until):
    children = [started(lambda: (meet(barrier), time.sleep(60))) for _ in range(2)]
    until(lambda: barrier.n_waiting == 2)
    barrier.wait(20)
    pid = children[0].pid
    children[0].kill()
    with pytest.raises(shoal.BrokenBarrier, match=str(pid)):
        barrier.wait(20)


def test_who_never_was_at_it_may_die(barrier, die, started, until):
    die(lambda: barrier.n_waiting)
    children = [started(meet, barrier) for _ in range(2)]
    assert barrier.wait(20) in (0, 1, 2)
    assert all(child.result() in (0, 1, 2) for child in children)


def check_whole(barrier, started, until):
    """Nobody is missed: the place of who has left is free, and not that of a dead party."""
    got = []
    thread = threading.Thread(target=lambda: got.append(meet(barrier)))
    thread.start()
    children = [started(meet, barrier)]
    until(lambda: barrier.n_waiting == 2 or barrier.broken)
    time.sleep(0.3)  # longer than any slice in which the dead are looked for
    assert not barrier.broken
    children.append(started(meet, barrier))
    thread.join(20)
    assert sorted(got + [child.result() for child in children]) == [0, 1, 2]


PROGRAM = """
import ctypes, os, shoal, sys
barrier = shoal.open(sys.argv[1])["b"]
barrier.wait(20)
"""
LEAK = "ctypes.pythonapi.Py_IncRef(ctypes.py_object(barrier))"


@pytest.mark.parametrize("end", ["", LEAK, LEAK + "; sys.exit()", "del barrier; os._exit(0)"])
def test_a_program_that_ends_or_closes_it_has_left(barrier, name, started, until, end):
    child = subprocess.Popen([sys.executable, "-X", "dev", "-c", PROGRAM + end, name])
    other = started(meet, barrier)
    until(lambda: barrier.n_waiting == 2)
    barrier.wait(20)
    other.result()
    assert child.wait(20) == 0
    check_whole(barrier, started, until)


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_a_child_of_multiprocessing_that_ends_has_left(barrier, method, started, until):
    context = multiprocessing.get_context(method)
    child = context.Process(target=meet, args=(barrier,))
    child.start()
    other = started(meet, barrier)
    until(lambda: barrier.n_waiting == 2, timeout=60)
    barrier.wait(20)
    other.result()
    child.join(20)
    assert child.exitcode == 0
    check_whole(barrier, started, until)


def test_a_forked_child_is_no_party_yet(barrier, in_child, started, until):
    waiting = [started(meet, barrier)]
    until(lambda: barrier.n_waiting == 1)
    in_child(lambda: barrier.n_waiting)
    assert not barrier.broken
    waiting.append(started(meet, barrier))
    assert barrier.wait(20) in (0, 1, 2) and all(child.result() in (0, 1, 2) for child in waiting)


def test_who_is_there_is_known(barrier, started, until):
    assert barrier.holders == [] and barrier.waiters == []
    children = [started(meet, barrier) for _ in range(2)]
    until(lambda: barrier.n_waiting == 2)
    assert {holder.pid for holder in barrier.holders} == {child.pid for child in children}
    until(lambda: {waiter.pid for waiter in barrier.waiters} == {child.pid for child in children})
    barrier.abort()


def test_an_exception_of_a_signal_handler_breaks_it(barrier, started, until):
    class Interrupted(Exception):
        pass

    def handler(*_):
        raise Interrupted

    other = started(meet, barrier)
    until(lambda: barrier.n_waiting == 1)
    old = signal.signal(signal.SIGUSR1, handler)
    threading.Timer(0.1, lambda: os.kill(os.getpid(), signal.SIGUSR1)).start()
    try:
        with pytest.raises(Interrupted):
            barrier.wait(20)
    finally:
        signal.signal(signal.SIGUSR1, old)
    assert other.result() == "broken" and barrier.broken


def test_a_dead_party_does_not_wait_any_more(segment, started, until):
    barrier = segment.barrier("b", 2)
    party = started(barrier.wait)
    until(lambda: barrier.n_waiting == 1)
    party.kill()
    assert barrier.n_waiting == 0 and barrier.holders == [] and "0 of 2" in repr(barrier)
    assert not barrier.broken  # nobody was there to see it
    with pytest.raises(shoal.BrokenBarrier):
        barrier.wait(20)
