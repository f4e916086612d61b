"""Sub-interpreters as programs have them from CPython 3.14 on, each with a GIL of its own: concurrent.interpreters, and pools of them."""

import pathlib
import sys
import threading

import pytest
from interpreter_work import add_with, race_of, set_event, wait_in_a_loop

import shoal

HERE = str(pathlib.Path(__file__).parent)
FIND_US = f"import sys; sys.path.insert(0, {HERE!r})"

COUNT = """
import shoal
seg = shoal.open(name)
lock, counter, array = seg.lock("l"), seg.counter("c"), seg["a"]
for i in range(rounds):
    with lock:
        array[0] = array[0] + 1
    counter.add()
    seg["v"] = {"i": i, "list": [i] * 5}
    assert set(seg["v"]) == {"i", "list"}
seg.close()
"""


def in_interpreter(function, *arguments):
    from concurrent import interpreters

    made = interpreters.create()
    try:
        made.exec(FIND_US)
        return made.call(function, *arguments)
    finally:
        made.close()


def in_threads(count, work):
    failures = []

    def run(i):
        try:
            work(i)
        except BaseException as error:
            failures.append(error)

    workers = [threading.Thread(target=run, args=(i,)) for i in range(count)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert failures == []


if sys.version_info >= (3, 14):
    from concurrent import interpreters
    from concurrent.futures import InterpreterPoolExecutor

    def test_interpreters_exclude_each_other(segment, name):
        array = segment.array("a", 1, "i8")

        def work(i):
            made = interpreters.create()
            made.prepare_main(name=name, rounds=200)
            made.exec(COUNT)
            made.close()

        in_threads(3, work)
        assert array[0] == 600 and segment["c"].value == 600 and not segment["l"].locked()
        assert len(segment.info().peers) == 1

    def test_handles_are_handed_to_an_interpreter(segment):
        array = segment.array("a", 1, "i8")
        handles = segment.lock("l"), segment.counter("c"), array
        assert in_interpreter(add_with, *handles, 10) == 10
        assert array[0] == 10

    def test_a_pool_of_interpreters_works_on_one_segment(segment):
        array = segment.array("a", 1, "i8")
        handles = segment.lock("l"), segment.counter("c"), array
        with InterpreterPoolExecutor(3, initializer=exec, initargs=(FIND_US,)) as pool:
            ends = [future.result() for future in [pool.submit(add_with, *handles, 50) for _ in range(6)]]
        assert max(ends) == 300 and array[0] == 300 and len(segment.info().peers) == 1

    def test_one_interpreter_waits_until_another_sets_it(segment, name, until):
        event = segment.event("e")
        waiter = interpreters.create()
        waiter.exec(FIND_US)
        thread = waiter.call_in_thread(wait_in_a_loop, name)
        until(lambda: len(event.waiters) == 1)
        in_interpreter(set_event, name)
        thread.join(20)
        assert not thread.is_alive()
        waiter.close()

    def test_an_exception_of_ours_comes_out_of_it(name):
        made = interpreters.create()
        with pytest.raises(interpreters.ExecutionFailed, match="NotFound"):
            made.exec("import shoal; shoal.open('there is none')")
        made.close()

    @pytest.mark.parametrize("kind", ["values", "locks", "barriers_made_and_dropped", "closed_while_it_is_used", "event_loops"])
    def test_threads_of_an_interpreter_do_it_at_once(kind):
        in_threads(2, lambda i: in_interpreter(race_of, kind))


def test_the_functions_above_run_without_an_interpreter_too(segment, name):
    """So that what the newer CPythons are given is right in the older ones."""
    array = segment.array("a", 1, "i8")
    assert add_with(segment.lock("l"), segment.counter("c"), array, 3) == 3 and array[0] == 3
    set_event(name)
    wait_in_a_loop(name)
    exec(COUNT, {"name": name, "rounds": 5})
    assert segment["c"].value == 8
    in_threads(2, lambda i: race_of("counters"))
    assert isinstance(segment, shoal.Segment)
