import asyncio
import threading

import pytest



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
    assert asyncio.run(segment.counter("c", 0).wait_async(5)) is True
    assert segment.counter("d", 5).wait(4) is True
    assert segment.counter("c").wait(4, 0) is True
