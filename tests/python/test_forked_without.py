"""A forked child that no place could be made for before the fork: each call says why, and none is a fault."""

import faulthandler
import fcntl
import inspect
import os
import pickle
import struct

import pytest
from kinds import LIVE

import shoal
from conftest import wait_for

F_OFD_SETLK, PEER_BYTES, PEERS = 37, 1 << 40, 126  # docs/format.md; of a segment of less than 1 MiB
# What the process itself knows, or what is only begun: no look at the segment.
KNOWN = {
    "name", "shape", "dtype", "ndim", "size", "nbytes", "itemsize", "strides", "readonly", "strict", "lock", "read", "write",
    "bytes", "slots", "history", "missed", "number",
    "__dlpack_device__", "__reduce__",
}
NAMES_ONLY = {("array", "repr()"), ("ndarray", "repr()"), ("condition", "repr()"), ("channel", "repr()")}
LOOKS = {("channel", "read"), ("stream", "read")}  # and what is called so in another kind only begins
ARGUMENTS = {
    "exchange": (1,), "compare_exchange": (1, 2), "wait": (0,), "wait_for": (lambda: False,), "acquire": (False,),
    "wait_for_async": (lambda: False,), "fill": (1,), "send": (1,), "__add__": (1,), "__iadd__": (1,),
    "put": (1,), "put_nowait": (1,), "put_many": ([1],), "put_async": (1,), "get_many": (1,), "loan": (1,), "_offer": (1,), "_parcel": (1,),
    "_poll": (None,),
    "__exit__": (None, None, None), "__aexit__": (None, None, None),
}


def _lock_free_slots(path):
    """What any process that may read the file can do: shared locks on the bytes of slots that nobody has."""
    fd = os.open(path, os.O_RDONLY)
    for slot in range(PEERS):
        try:
            fcntl.fcntl(fd, F_OFD_SETLK, struct.pack("hhqqi4x", fcntl.F_RDLCK, 0, PEER_BYTES + slot, 1, 0))
        except OSError:
            pass  # somebody has it
    return fd


@pytest.fixture
def full(name):
    """A segment with one of each, in which there is no slot for a child."""
    with shoal.create(name, "512K") as segment:
        kinds = {name: kind.make(segment, name) for name, kind in LIVE.items()}
        kinds.update(signal=segment.semaphore("g", 3, bounded=False), array=segment.array("a", (100,)))
        fd = _lock_free_slots(f"{os.environ.get('SHOAL_DIR', '/dev/shm')}/shoal.{name}")
        yield segment, kinds
        os.close(fd)


def _outcome(call):
    """In a child: "Closed" with its reason, "fine", what else was raised, or the signal it died of."""
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        faulthandler.disable()
        try:
            call()
            said = "fine"
        except shoal.Closed as error:
            said = "Closed" if "forked without it" in str(error) else f"Closed without a reason: {error}"
        except BaseException as error:
            said = f"{type(error).__name__}: {error}"
        os.write(write, said.encode())
        os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as file:
        said = file.read().decode()
    status = wait_for(pid)
    return said if status == 0 else f"killed by signal {status}"


def _run(made):
    """A coroutine says it when it is run."""
    if inspect.isawaitable(made):
        made.send(None)
    return made


SPECIAL = {"__enter__", "__exit__", "__aenter__", "__aexit__", "__int__", "__dlpack__", "__array_interface__", "__copy__", "__add__",
           "__iadd__", "__bool__", "__float__", "__complex__"}


def _calls_of(thing):
    yield "repr()", lambda: repr(thing)
    for name in dir(thing):
        if name.startswith("__") and name not in SPECIAL:
            continue
        if callable(inspect.getattr_static(thing, name)):
            arguments = (0,) if name == "wait_async" and isinstance(thing, shoal.Counter) else ARGUMENTS.get(name, ())
            if name == "_poll" and isinstance(thing, shoal.Stream):
                arguments = ()
            if name == "_offer_parcel":
                arguments = (b"\1", 0, 0) if isinstance(thing, shoal.JobQueue) else (b"\1",)
            yield name, lambda name=name, arguments=arguments: _run(getattr(thing, name)(*arguments))
        else:
            yield name, lambda name=name: getattr(thing, name)


def test_every_call_and_attribute_says_why(full):
    wrong = {}
    for kind, thing in full[1].items():
        for name, call in _calls_of(thing):
            said = _outcome(call)
            if said != ("fine" if (name in KNOWN and (kind, name) not in LOOKS) or (kind, name) in NAMES_ONLY else "Closed"):
                wrong[f"{kind}.{name}"] = said
    assert wrong == {}


def test_every_way_to_an_element_says_why(full):
    segment, array = full[0], full[1]["array"]
    private = shoal.create(None, "1M")
    ways = {
        "a[0]": lambda: array[0], "a[1:3]": lambda: array[1:3], "a[0] = 1": lambda: array.__setitem__(0, 1.0),
        "a[:] = 1": lambda: array.__setitem__(slice(None), 1), "a[:] = a": lambda: array.__setitem__(slice(None), array),
        "list(a)": lambda: list(array), "for": lambda: [x for x in array], "in": lambda: 3 in array,
        "memoryview": lambda: memoryview(array), "bytes": lambda: bytes(array), "pickle": lambda: pickle.dumps(array),
        "put": lambda: segment.__setitem__("copy", array), "put elsewhere": lambda: private.__setitem__("copy", array),
    }
    try:
        import numpy
    except ImportError:
        pass
    else:
        ways["asarray"] = lambda: numpy.asarray(array)
        ways["from_dlpack"] = lambda: numpy.from_dlpack(array)
    assert {name: said for name, call in ways.items() if (said := _outcome(call)) != "Closed"} == {}
    private.close()


def test_the_segment_says_why_and_a_new_open_says_what_is_full(full, name):
    segment = full[0]
    calls = {
        "get": lambda: segment["counter"], "put": lambda: segment.__setitem__("v", 1), "del": lambda: segment.__delitem__("counter"),
        "keys": segment.keys, "info": segment.info, "check": segment.check, "array": lambda: segment.array("b", 3),
        "counter": lambda: segment.counter("new"), "in": lambda: "counter" in segment, "len": lambda: len(segment),
    }
    assert {name: said for name, call in calls.items() if (said := _outcome(call)) != "Closed"} == {}
    assert "locked by a process" in _outcome(lambda: shoal.open(name))


def test_only_what_was_taken_before_the_fork_is_a_fault(full):
    view = memoryview(full[1]["array"])
    assert _outcome(lambda: view[0]).startswith("killed by signal")
    assert view[0] == 0.0
    view.release()
