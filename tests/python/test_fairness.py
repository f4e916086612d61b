"""K processes and one lock: none of them gets less than a third of its fair share."""

import os
import threading
import time

import pytest
from kinds import HOLDS

LEVEL = os.environ.get("SHOAL_TEST", "default")
COUNTS, SECONDS = ([2], 1.0) if LEVEL == "quick" else ([2, 4, 8], 2.0)


@pytest.mark.timeout(60)
@pytest.mark.parametrize("own", [own for own in HOLDS if own != "read"])
@pytest.mark.parametrize("count", COUNTS)
def test_everybody_gets_a_third_of_its_fair_share(segment, started, count, own):
    thing = HOLDS[own].guard(segment)
    ready, go, stop = segment.counter("ready"), segment.event("go"), segment.event("stop")

    def work():
        turns = 0
        ready.add()
        go.wait()
        while not stop.is_set():
            with thing:
                turns += 1
        return turns

    children = [started(work) for _ in range(count)]
    while ready.value < count:
        ready.wait(ready.value, 1)
    go.set()
    time.sleep(SECONDS)
    stop.set()
    turns = [child.result(30) for child in children]
    assert min(turns) >= sum(turns) / count / 3, turns


def test_threads_get_their_share_too(segment):
    """Of one process: the GIL is given up while a thread waits."""
    lock, turns, stop = segment.lock("l"), [0, 0, 0], threading.Event()

    def work(number):
        while not stop.is_set():
            with lock:
                turns[number] += 1
            time.sleep(0)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    time.sleep(1)
    stop.set()
    for thread in threads:
        thread.join()
    assert min(turns) >= sum(turns) / 3 / 3, turns
