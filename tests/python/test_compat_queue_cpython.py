"""CPython's own tests of the module queue, with our queues in place of its own.

They come with the interpreter (Debian: libpython3-testsuite). Which cases do not apply, and why, is in
docs/multiprocessing.md, which names the same as NOT_APPLICABLE.
"""

import pathlib
import re
import sys
import unittest

import pytest

from shoal.compat import queue as ours

upstream = pytest.importorskip("test.test_queue", reason="this interpreter comes without CPython's own tests")
support = pytest.importorskip("test.support", reason="this interpreter comes without CPython's own tests")
DOCUMENT = pathlib.Path(__file__).parents[2] / "docs" / "multiprocessing.md"
NAMES = ("Queue", "LifoQueue", "PriorityQueue", "FailingQueue", "SimpleQueue")

NOT_APPLICABLE = {
    "CSimpleQueueTest.test_references": "its values are of a class that cannot be pickled: it is made within the case",
    "CSimpleQueueTest.test_reentrancy": "it counts on no garbage being collected within a put, before the value is in",
    "CLifoQueueTest.test_shutdown_all_methods_in_many_threads": "it has 65,536 values in the queue, which each step copies",
    "CLifoQueueTest.test_shutdown_immediate_all_methods_in_many_threads": "the same",
    "CPriorityQueueTest.test_shutdown_all_methods_in_many_threads": "the same",
    "CPriorityQueueTest.test_shutdown_immediate_all_methods_in_many_threads": "the same",
}


@pytest.fixture(autouse=True)
def allowed_memory(monkeypatch):
    """Cases with fifty threads ask for 5 GB, for the stacks; without a limit that is named they skip themselves."""
    monkeypatch.setattr(support, "real_max_memuse", 8 << 30)


def made(name):
    """A case of ours. CPython's are of its module written in C: those written in Python have fewer."""
    original = getattr(upstream, f"C{name}Test")
    contents = {"__module__": __name__, "queue": ours}
    for case in NOT_APPLICABLE:
        if case.startswith(f"{original.__name__}."):
            contents[case.partition(".")[2]] = None
    return type(f"Test{name}", (original,), contents)


for _name in NAMES:
    globals()[f"Test{_name}"] = pytest.mark.timeout(300)(made(_name))


def test_every_kind_has_its_cases():
    found = [unittest.defaultTestLoader.getTestCaseNames(globals()[f"Test{name}"]) for name in NAMES]
    assert all(found) and sum(map(len, found)) >= (70 if sys.version_info >= (3, 13) else 24)


def test_what_does_not_apply_is_in_the_document():
    listed = re.findall(r"`(C\w+Test\.\w+)`", DOCUMENT.read_text(encoding="utf-8"))
    assert sorted(listed) == sorted(NOT_APPLICABLE)
