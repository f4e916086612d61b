"""CPython's own tests of multiprocessing's locks, values and queues, with our types in place of its own.

They come with the interpreter (Debian: libpython3-testsuite). Which cases do not apply, and why, is in
docs/multiprocessing.md, which names the same as NOT_APPLICABLE.
"""

import multiprocessing
import pathlib
import re
import sys
import types
import unittest
import unittest.mock

import pytest

from shoal.compat import multiprocessing as ours

upstream = pytest.importorskip(
    "test._test_multiprocessing", reason="this interpreter comes without CPython's own tests"
)
DOCUMENT = pathlib.Path(__file__).parents[2] / "docs" / "multiprocessing.md"
NAMES = ("Lock", "Semaphore", "Condition", "Event", "Barrier", "Value", "Array", "Queue", "SimpleQueue")
METHODS = ("fork", "spawn")

# "_TestLock.test_lock": (the first CPython of which that is true, "the reason")
NOT_APPLICABLE = {
    "_TestLock.test_repr_rlock": ((3, 14), "it wants a lock to be held by a process that has ended: here it is free by then"),
    "_TestLock.test_lock_locked_2processes": ((3, 14), "the same"),
    "_TestLock.test_rlock_locked_2processes": ((3, 14), "the same"),
    "TestSimpleQueue.test_closed": ((3, 0), "it looks at the pipe that the standard library makes a SimpleQueue of"),
}


class QueueWithContext(ours.Queue):
    """With the argument that multiprocessing.queues.Queue wants."""

    def __init__(self, maxsize=0, *, ctx):
        super().__init__(maxsize)


class Ours:
    """Where the cases look for more than their mixin has: the module multiprocessing, with our queues in it."""

    Queue, SimpleQueue, JoinableQueue = ours.Queue, ours.SimpleQueue, ours.JoinableQueue
    queues = types.SimpleNamespace(Queue=QueueWithContext)

    def __getattr__(self, name):
        return getattr(multiprocessing, name)


class OurTypes(upstream.ProcessesMixin):
    Lock = staticmethod(ours.Lock)
    RLock = staticmethod(ours.RLock)
    Semaphore = staticmethod(ours.Semaphore)
    BoundedSemaphore = staticmethod(ours.BoundedSemaphore)
    Condition = staticmethod(ours.Condition)
    Event = staticmethod(ours.Event)
    Barrier = staticmethod(ours.Barrier)
    Value = staticmethod(ours.Value)
    Array = staticmethod(ours.Array)
    RawValue = staticmethod(ours.RawValue)
    RawArray = staticmethod(ours.RawArray)
    Queue = staticmethod(ours.Queue)
    SimpleQueue = staticmethod(ours.SimpleQueue)
    JoinableQueue = staticmethod(ours.JoinableQueue)

    start_method = "fork"

    def run(self, result=None):
        with unittest.mock.patch.object(upstream, "multiprocessing", Ours()):
            return super().run(result)

    @classmethod
    def setUpClass(cls):
        cls.usual_method = multiprocessing.get_start_method()
        multiprocessing.set_start_method(cls.start_method, force=True)
        super().setUpClass()

    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        multiprocessing.set_start_method(cls.usual_method, force=True)

    def check_invariant(self, condition):
        """Of a condition that nobody waits for. The original looks at semaphores that the standard library makes it of."""
        self.assertEqual(condition._handle.waiters, [])


def upstreams(name):
    return getattr(upstream, "_Test" + name, None) or getattr(upstream, "Test" + name)


def made(name, method):
    original = upstreams(name)
    contents = {"__module__": __name__, "__qualname__": f"Test{name}_{method}", "start_method": method}
    for case, (since, _) in NOT_APPLICABLE.items():
        if case.startswith(f"{original.__name__}.") and sys.version_info >= since:
            contents[case.partition(".")[2]] = None
    return type(contents["__qualname__"], (OurTypes, original, unittest.TestCase), contents)


for _name in NAMES:
    for _method in METHODS:
        globals()[f"Test{_name}_{_method}"] = pytest.mark.timeout(300)(made(_name, _method))


def test_every_kind_has_its_cases():
    found = [unittest.defaultTestLoader.getTestCaseNames(globals()[f"Test{name}_fork"]) for name in NAMES]
    assert all(found) and sum(map(len, found)) > 30
    assert all("processes" in getattr(upstreams(name), "ALLOWED_TYPES", ["processes"]) for name in NAMES)


def test_what_does_not_apply_is_in_the_document():
    listed = re.findall(r"`(_?Test\w+\.\w+)`", DOCUMENT.read_text(encoding="utf-8"))
    assert sorted(listed) == sorted(NOT_APPLICABLE)
