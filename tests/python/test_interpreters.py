"""Sub-interpreters: each has a module, types and a context of its own, and is a peer of its own."""

import sys
import threading

import pytest

import shoal

if sys.version_info >= (3, 13):
    interpreters = pytest.importorskip("_interpreters")
else:
    interpreters = pytest.importorskip("_xxsubinterpreters")

CODE = """
import shoal
seg = shoal.open({name!r})
counter, lock, array = seg.counter("c"), seg.lock("l"), seg["a"]
for i in range({rounds}):
    with lock:
        array[0] = array[0] + 1
    counter.add()
    seg["v"] = {{"i": i}}
assert seg["v"].keys() == {{"i"}}
try:
    seg["missing"]
except shoal.NotFound:
    pass
seg.close()
"""


def run(name, rounds):
    made = interpreters.create()
    try:
        done = interpreters.run_string(made, CODE.format(name=name, rounds=rounds))
        assert done is None, done
    finally:
        interpreters.destroy(made)


def test_an_interpreter_works_on_the_same_segment(segment, name):
    segment.array("a", 1, "i8")
    run(name, 10)
    run(name, 10)
    assert segment["c"].value == 20 and segment["a"][0] == 20 and segment["v"] == {"i": 9}
    assert len(segment.info().peers) == 1


def test_interpreters_in_threads_exclude_each_other(segment, name):
    segment.array("a", 1, "i8")
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
    assert segment["a"][0] == 1500 and segment["c"].value == 1500
    assert not segment.lock("l").locked()
