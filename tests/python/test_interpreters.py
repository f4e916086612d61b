"""Sub-interpreters: each has a module, types and a context of its own, and is a peer of its own."""

import pathlib
import sys
import threading

import pytest
from kinds import WAITS as WAITS_OF

import shoal

TESTS = str(pathlib.Path(__file__).resolve().parents[1])

if sys.version_info >= (3, 13):
    interpreters = pytest.importorskip("_interpreters")
else:
    interpreters = pytest.importorskip("_xxsubinterpreters")

CODE = """
import shoal
seg = shoal.open({name!r})
counter, lock, array = seg.counter("c"), seg.lock("l"), seg["a"]
rw, semaphore, event = seg.rwlock("rw"), seg.semaphore("s", 2), seg.event("e")
condition, barrier = seg.condition("cond", lock), seg.barrier("b", 1)
for i in range({rounds}):
    with lock:
        array[0] = array[0] + 1
    with rw.write(), semaphore:
        array[1] = array[1] + 1
    with rw.read(), condition:
        condition.notify()
    event.set()
    assert event.wait() and barrier.wait() == 0
    counter.add()
    seg["v"] = {{"i": i}}
assert seg["v"].keys() == {{"i"}}
with condition:
    condition.wait(0.001)
assert isinstance(seg["b"], shoal.Barrier) and isinstance(rw.read(), shoal.RWLockGuard)
try:
    seg["missing"]
except shoal.NotFound:
    pass
seg.close()
"""


WAITS = """
import shoal, sys
sys.path.insert(0, {path!r})
from kinds import WAITS
assert WAITS[{own!r}].wait(shoal.open({name!r}), 20) is True
"""


def has_gil_of_its_own(made):
    if sys.version_info >= (3, 13):
        return interpreters.get_config(made).gil == "own"
    import _testinternalcapi

    return _testinternalcapi.get_interp_settings(int(made))["own_gil"]


if sys.version_info >= (3, 12):

    def test_an_interpreter_has_a_gil_of_its_own_and_takes_the_module(segment, name):
        segment.array("a", 2, "i8")
        made = interpreters.create()
        assert has_gil_of_its_own(made)
        assert interpreters.run_string(made, CODE.format(name=name, rounds=1)) is None
        interpreters.destroy(made)


def run(name, rounds):
    made = interpreters.create()
    try:
        done = interpreters.run_string(made, CODE.format(name=name, rounds=rounds))
        assert done is None, done
    finally:
        interpreters.destroy(made)


def test_an_interpreter_works_on_the_same_segment(segment, name):
    segment.array("a", 2, "i8")
    run(name, 10)
    run(name, 10)
    assert segment["c"].value == 20 and segment["a"].tolist() == [20, 20] and segment["v"] == {"i": 9}
    assert len(segment.info().peers) == 1


def test_interpreters_in_threads_exclude_each_other(segment, name):
    segment.array("a", 2, "i8")
    failures = []

    def work():
        try:
            run(name, 500)
        except BaseException as error:
            failures.append(error)

    workers = [threading.Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert failures == []
    assert segment["a"].tolist() == [1500, 1500] and segment["c"].value == 1500
    assert not segment.lock("l").locked() and segment["s"].value == 2


@pytest.mark.parametrize("own", list(WAITS_OF))
def test_an_interpreter_waits_while_another_works(segment, name, own, until):
    kind = WAITS_OF[own]
    kind.hold(segment)
    made, failures = interpreters.create(), []

    def wait():
        try:
            failures.append(interpreters.run_string(made, WAITS.format(name=name, own=own, path=TESTS)))
        except BaseException as error:
            failures.append(error)

    waiter = threading.Thread(target=wait)
    waiter.start()
    until(lambda: len(kind.target(segment).waiters) == 1)
    kind.free(segment)
    waiter.join(20)
    interpreters.destroy(made)
    assert failures == [None]
