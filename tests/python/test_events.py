"""Event: a flag that processes wait for. What all waits have in common is in test_waits.py."""

import threading
import time

import pytest



@pytest.fixture
def event(segment):
    return segment.event("e")


def test_it_is_set_and_cleared(event):
    assert event.is_set() is False and "not set" in repr(event) and event.name == "e"
    assert event.wait(0.01) is False and event.wait(timeout=0) is False
    assert event.set() is None and event.is_set() is True and "not set" not in repr(event)
    assert event.wait() is True and event.wait(0) is True
    event.set()
    assert event.clear() is None and event.is_set() is False
    event.clear()
    assert event.wait(0) is False


def test_setting_wakes_all_who_wait(event, started, until):
    waiters = [started(event.wait) for _ in range(3)]
    thread = threading.Thread(target=event.wait)
    thread.start()
    until(lambda: len(event.waiters) == 4)
    event.set()
    assert [waiter.result() for waiter in waiters] == [True] * 3
    thread.join(20)
    assert not thread.is_alive() and event.waiters == []


def test_who_waits_is_woken_though_it_is_cleared_at_once(event, started, until):
    for _ in range(20):
        waiter = started(event.wait, 20)
        until(lambda: len(event.waiters) == 1)
        event.set()
        event.clear()
        assert waiter.result() is True and not event.is_set()


def test_what_one_set_who_died_stays_set(event, die):
    die(event.set)
    assert event.is_set() and event.wait(0)


def test_a_setter_that_is_killed_leaves_nobody_asleep(event, started, until):
    """Killed somewhere between its store and its wake; the waiter finds out by itself."""
    for _ in range(10):
        event.clear()
        waiter = started(event.wait, 20)
        until(lambda: len(event.waiters) == 1)
        setter = started(lambda: [event.set() for _ in range(1000)])
        until(event.is_set)
        setter.kill()
        killed = time.monotonic()
        got, when = waiter.ended()
        assert got is True and when - killed < 0.3


def test_two_processes_wake_each_other_by_two_events(segment, started):
    ping, pong = segment.event("ping"), segment.event("pong")

    def answer(times):
        for _ in range(times):
            assert ping.wait(20)
            ping.clear()
            pong.set()
        return True

    other = started(answer, 500)
    for _ in range(500):
        ping.set()
        assert pong.wait(20)
        pong.clear()
    assert other.result()
