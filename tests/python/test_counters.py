import os
import signal
import threading
import time

import pytest

import shoal


def test_a_counter_starts_at_its_initial_value_once(segment):
    assert segment.counter("c").value == 0
    assert segment.counter("d", 5).value == 5
    assert segment.counter("d", initial=9).value == 5
    assert segment["d"].value == 5 and int(segment["d"]) == 5


def test_add_and_sub_return_the_new_value(segment):
    counter = segment.counter("c")
    assert counter.add() == 1 and counter.add(5) == 6 and counter.add(n=-2) == 4
    assert counter.sub() == 3 and counter.sub(10) == -7 and counter.sub(n=-7) == 0
    assert counter.name == "c" and "'c' 0" in repr(counter)


def test_exchange_returns_the_old_value(segment):
    counter = segment.counter("c", 3)
    assert counter.exchange(8) == 3 and counter.exchange(value=-1) == 8 and counter.value == -1


def test_compare_exchange_says_whether_it_did(segment):
    counter = segment.counter("c", 3)
    assert counter.compare_exchange(3, 4) is True and counter.value == 4
    assert counter.compare_exchange(expected=3, desired=5) is False and counter.value == 4


def test_overflow_changes_nothing(segment):
    counter = segment.counter("c", 2**63 - 1)
    for wrong in (counter.add, lambda: counter.add(2**63 - 1), lambda: counter.sub(-1)):
        with pytest.raises(OverflowError):
            wrong()
    assert counter.value == 2**63 - 1
    counter.exchange(-(2**63))
    for wrong in (counter.sub, lambda: counter.add(-1), lambda: counter.sub(2**63 - 1)):
        with pytest.raises(OverflowError):
            wrong()
    assert counter.value == -(2**63)


@pytest.mark.parametrize("bad, error", [(1.5, TypeError), ("1", TypeError), (None, TypeError), (True, TypeError), (2**63, OverflowError), (-(2**63) - 1, OverflowError)])
def test_arguments_are_64_bit_ints(segment, bad, error):
    counter = segment.counter("c")
    for wrong in (
        lambda: counter.add(bad),
        lambda: counter.sub(n=bad),
        lambda: counter.exchange(bad),
        lambda: counter.compare_exchange(bad, 0),
        lambda: counter.compare_exchange(0, bad),
        lambda: counter.wait(bad),
        lambda: segment.counter("new", bad),
    ):
        with pytest.raises(error):
            wrong()
    assert counter.value == 0 and "new" not in segment


def test_wrong_calls_are_type_errors(segment):
    counter = segment.counter("c")
    for wrong in (
        lambda: counter.add(1, 2),
        lambda: counter.add(m=1),
        lambda: counter.add(1, n=1),
        lambda: counter.exchange(),
        lambda: counter.compare_exchange(1),
        lambda: counter.wait(),
        lambda: segment.counter(),
        lambda: segment.counter("c", 1, 2),
        lambda: setattr(counter, "value", 5),
    ):
        with pytest.raises((TypeError, AttributeError)):
            wrong()


def test_threads_lose_no_addition(segment):
    counter = segment.counter("c")
    workers = [threading.Thread(target=lambda: [counter.add() for _ in range(5000)]) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert counter.value == 20000


def test_processes_lose_no_addition(segment, holding):
    counter = segment.counter("c")
    children = [holding(lambda: [counter.add() for _ in range(5000)]) for _ in range(4)]
    for child in children:
        child.end()
    assert counter.value == 20000


def test_wait_returns_at_once_when_it_differs(segment):
    assert segment.counter("c", 5).wait(4) is True
    assert segment.counter("c").wait(4, 0) is True


def test_wait_gives_up_after_its_timeout(segment):
    counter = segment.counter("c")
    start = time.monotonic()
    assert counter.wait(0, timeout=0.2) is False
    assert 0.2 <= time.monotonic() - start < 1
    start = time.monotonic()
    assert counter.wait(0, 0) is False
    assert time.monotonic() - start < 0.1


def test_wait_is_woken_by_another_process(segment):
    counter = segment.counter("c")
    go = segment.counter("go")
    child = os.fork()
    if child == 0:
        go.add()
        woken = counter.wait(0, timeout=20)
        os._exit(0 if woken else 1)
    assert go.wait(0, timeout=20)
    counter.add()
    assert os.waitpid(child, 0)[1] == 0


def test_wait_works_through_a_readonly_attach(segment, name):
    counter = segment.counter("c")
    with shoal.open(name, readonly=True) as reader:
        waiter = threading.Thread(target=reader["c"].wait, args=(0, 10))
        waiter.start()
        time.sleep(0.05)
        counter.add()
        start = time.monotonic()
        waiter.join()
        assert time.monotonic() - start < 5


@pytest.mark.parametrize("timeout, error", [(-1, ValueError), (float("nan"), ValueError), ("1", TypeError), (-0.5, ValueError)])
def test_impossible_timeouts(segment, timeout, error):
    with pytest.raises(error):
        segment.counter("c").wait(0, timeout)


def test_wait_is_interrupted_by_a_signal_handler_that_raises(segment):
    class Interrupted(Exception):
        pass

    def handler(*_):
        raise Interrupted

    old = signal.signal(signal.SIGALRM, handler)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.1)
        with pytest.raises(Interrupted):
            segment.counter("c").wait(0, timeout=20)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, old)


def test_wait_goes_on_after_a_signal_handler_that_returns(segment):
    seen = []
    old = signal.signal(signal.SIGALRM, lambda *_: seen.append(1))
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.03, 0.03)
        start = time.monotonic()
        assert segment.counter("c").wait(0, timeout=0.4) is False
        assert 0.4 <= time.monotonic() - start < 2 and len(seen) > 3
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, old)


def test_other_threads_run_while_one_waits(segment):
    counter = segment.counter("c")
    waiter = threading.Thread(target=counter.wait, args=(0,))
    waiter.start()
    deadline = time.monotonic() + 10
    turns = sum(1 for _ in range(100000))
    counter.add()
    waiter.join(10)
    assert not waiter.is_alive() and turns == 100000 and time.monotonic() < deadline


def test_a_counter_outlives_close_and_removal(segment):
    counter = segment.counter("c", 5)
    del segment["c"]
    assert counter.add() == 6
    assert segment.counter("c").value == 0
    segment.close()
    assert counter.add() == 7
