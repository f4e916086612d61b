"""Programs for multiprocessing and for what stands in for it, and what each of their steps does: the standard library is the oracle.

A program is a list of expressions: the first makes the object `o` with the module `m`, the others use it. T(f) calls f in a
thread, F(f) in a process.
"""

import ctypes
import multiprocessing
import os
import pickle
import random
import re
import select
import signal
import threading

# ---- Made at random ----------------------------------------------------------------------------------

POOLS = {
    "BLOCK": ["True", "False", "0", "1", "None", "'yes'", "2.5"],
    "TIMEOUT": ["0", "0.0", "0.01", "0.02", "-1", "-0.5", "1e-9", "True", "False", "nan", "'x'", "[]", "1e-300", "-inf"],
    "COUNT": ["0", "1", "2", "3", "True", "False", "2**31-1", "2**31", "2**40", "-1", "-2**40", "1.5", "1.0", "None", "'2'", "[]"],
    "PARTIES": ["1", "2", "3", "1.0", "2.0", "True", "0", "-1", "1.5", "'2'", "None"],
    "NOTIFIED": ["0", "1", "2", "-1", "5", "1.5", "True", "inf", "-inf", "nan", "2**40", "'x'", "None"],
    "TYPE": ["'i'", "'h'", "'b'", "'B'", "'d'", "'f'", "'q'", "'Q'", "'c'", "'u'", "ctypes.c_bool", "ctypes.c_short", "'z'", "int", "P"],
    "VALUE": ["0", "1", "-1", "7", "2**31", "2**40", "2**70", "1.5", "-0.0", "nan", "inf", "True", "None", "b'a'", "b'ab'", "'a'", "'ab'", "'é'",
              "[]", "1j"],
    "LENGTH": ["0", "1", "3", "True", "[1, 2, 3]", "(1, 2)", "range(4)", "[]", "b'abc'", "'abc'", "{1: 2}", "{3}", "(x for x in (1, 2))", "None",
               "2.0", "[1.5]", "[2**40]", "[None]", "-1"],
    "INDEX": ["0", "1", "-1", "2", "7", "-7", "True", "1.0", "None", "'a'", "slice(None)", "slice(0, 2)", "slice(None, None, 2)",
              "slice(None, None, -1)", "slice(5, 1)"],
}
POOLS["ITEM"] = POOLS["VALUE"] + ["[1, 2]", "[1, 2, 3]", "b'xy'", "b'xyz'", "range(3)", "(x for x in (1, 2))"]

_BOTH = ["repr(o)", "bool(o)", "T(lambda: o.acquire(False))", "T(o.release)", "F(lambda: o.acquire(False))", "F(o.release)", "o == o",
         "isinstance(hash(o), int)", "pickle.dumps(o) and 1", "o.locked()", "o._semlock"]
_LOCKING = ["o.acquire(False)", "o.acquire(True, 0.01)", "o.acquire(timeout={TIMEOUT})", "o.acquire({BLOCK}, 0.01)", "o.acquire(False, {TIMEOUT})",
            "o.acquire(block=False)", "o.acquire(blocking=False)", "o.release()", "o.release()", "o.__exit__(None, None, None)"]
_VALUE = ["o.acquire()", "o.acquire(False)", "o.release()", "o.get_lock().acquire(False)", "o.get_lock()", "o.get_obj()", "o.nosuch", "setattr(o, 'other', 3)",
          "repr(o)", "ctypes.sizeof(o)", "type(o).__name__", "isinstance(o, ctypes.c_int)", "pickle.dumps(o) and 1", "o.__enter__() and o.__exit__(None, None, None)"]
KINDS = {
    "Lock": (["m.Lock()"], _LOCKING + _BOTH),
    "RLock": (["m.RLock()"], _LOCKING + _BOTH + ["o.acquire()", "o.acquire()", "o.__enter__()"]),
    "Semaphore": (["m.Semaphore({COUNT})", "m.Semaphore()", "m.BoundedSemaphore({COUNT})", "m.BoundedSemaphore(2)", "m.Semaphore(value={COUNT})"],
                  _LOCKING + _BOTH + ["o.get_value()", "F(o.get_value)"]),
    "Condition": (["m.Condition()", "m.Condition(m.Lock())", "m.Condition(m.RLock())", "m.Condition(None)", "m.Condition(m.Semaphore(1))", "m.Condition(threading.Lock())"],
                  ["o.acquire()", "o.acquire(False)", "o.release()", "o.wait({TIMEOUT})", "o.wait(0.01)", "o.wait_for(lambda: 0, 0.01)", "o.wait_for(lambda: 'yes', {TIMEOUT})", "o.notify()",
                   "o.notify({NOTIFIED})", "o.notify({NOTIFIED})", "o.notify(n=1)", "o.notify_all()", "repr(o)", "T(o.notify)", "F(o.notify_all)", "F(lambda: o.acquire(False))", "o._lock", "pickle.dumps(o) and 1"]),
    "Event": (["m.Event()"], ["o.set()", "o.clear()", "o.is_set()", "o.wait(0.01)", "o.wait({TIMEOUT})", "T(lambda: o.wait(0.01))", "F(o.set)", "F(o.is_set)", "F(lambda: o.wait(0.01))", "repr(o)", "bool(o)", "o._cond"]),
    "Barrier": (["m.Barrier({PARTIES})", "m.Barrier(1, action=lambda: 1/0)", "m.Barrier(1, lambda: seen.append(1))", "m.Barrier(2, timeout=0.01)", "m.Barrier(2, None, 0.01)", "m.Barrier(2)"],
                ["o.wait(0.01)", "o.wait(timeout=0.02)", "o.wait({TIMEOUT})", "o.abort()", "o.reset()", "o.broken", "o.n_waiting", "o.parties", "o.parties == 1 and o.wait()", "repr(o)", "T(lambda: o.wait(0.01))",
                 "F(lambda: o.broken)", "F(o.abort)", "F(o.reset)", "seen"]),
    "Value": (["m.Value({TYPE}, {VALUE})", "m.Value({TYPE})", "m.RawValue({TYPE}, {VALUE})", "m.Value({TYPE}, {VALUE}, lock=False)", "m.Value('i', 3, lock=m.Lock())", "m.Value('i', 3, lock={VALUE})",
               "m.Value(P, 1, 2.5)", "m.RawValue('d', 1.5)", "m.Value('i', 5)", "m.Value('i', 1, 2)"],
              _VALUE + ["o.value", "o.value", "setattr(o, 'value', {VALUE})", "setattr(o, 'value', {VALUE})", "F(lambda: setattr(o, 'value', {VALUE}))", "o.x", "setattr(o, 'x', {VALUE})", "F(lambda: o.value)"]),
    "Array": (["m.Array({TYPE}, {LENGTH})", "m.RawArray({TYPE}, {LENGTH})", "m.Array({TYPE}, {LENGTH}, lock=False)", "m.Array('i', [1, 2, 3])", "m.Array('c', b'abc')", "m.RawArray('i', 3)",
               "m.Array(P, [(1, 2)])", "m.Array('i', 3, lock={VALUE})"],
              _VALUE + ["o[:]", "len(o)", "list(o)", "o[{INDEX}]", "o[{INDEX}]", "o.__setitem__({INDEX}, {ITEM})", "o.__setitem__({INDEX}, {ITEM})", "o.__setitem__(0, {VALUE})", "o.__delitem__(0)", "o.value", "o.raw",
                        "setattr(o, 'value', {ITEM})", "setattr(o, 'raw', {ITEM})", "1 in o", "F(lambda: o.__setitem__(0, {VALUE}))", "F(lambda: o[:])", "o.get_obj()._type_.__name__", "o._length_", "bytes(o)",
                        "memoryview(o).format", "memoryview(o).shape"]),
}


def _filled(template, chosen):
    for name, pool in POOLS.items():
        while "{" + name + "}" in template:
            template = template.replace("{" + name + "}", chosen.choice(pool), 1)
    return template


def made(seed):
    """The program of that number."""
    chosen = random.Random(seed)
    makers, steps = KINDS[chosen.choice(sorted(KINDS))]
    return [_filled(chosen.choice(makers), chosen)] + [_filled(chosen.choice(steps), chosen) for _ in range(chosen.randint(2, 9))]


# ---- Run ---------------------------------------------------------------------------------------------


PATIENCE = 6  # seconds: a step that takes longer hangs


class P(ctypes.Structure):
    _fields_ = [("x", ctypes.c_int), ("y", ctypes.c_double)]


class Over(BaseException):
    pass


def _stop(number, frame):
    raise Over


class Elsewhere(tuple):
    """The outcome of what was called in a thread or a process."""


def _shown(value):
    """Without what differs from object to object."""
    module = type(value).__module__
    if module.startswith(("multiprocessing.synchronize", "multiprocessing.sharedctypes", "shoal.")) and not isinstance(value, ctypes.Array):
        return "an object: " + type(value).__name__
    return re.sub(r"0x[0-9a-f]+", "0x", repr(value))


def _outcome(call):
    """("is", what it returned) or ("raises", the classes of Python's own that the exception has)."""
    try:
        value = call()
        return tuple(value) if isinstance(value, Elsewhere) else ("is", _shown(value))
    except Over:
        return "hangs", ""
    except BaseException as error:
        return "raises", [each.__name__ for each in type(error).__mro__ if each.__module__ in ("builtins", "threading")]


def _in_thread(call):
    said = []
    thread = threading.Thread(target=lambda: said.append(_outcome(call)))
    thread.start()
    thread.join()
    return Elsewhere(said[0])


def _in_process(call):
    here, there = multiprocessing.Pipe()
    process = multiprocessing.get_context("fork").Process(target=lambda: there.send(_outcome(call)))
    process.start()
    if not here.poll(PATIENCE - 1):
        process.kill()
        return Elsewhere(("hangs", ""))
    said = here.recv()
    process.join()
    return Elsewhere(said)


def _steps(module, program):
    names = {"m": module, "T": _in_thread, "F": _in_process, "P": P, "ctypes": ctypes, "pickle": pickle, "threading": threading, "seen": [],
             "nan": float("nan"), "inf": float("inf")}
    signal.signal(signal.SIGALRM, _stop)
    for step in program:
        signal.setitimer(signal.ITIMER_REAL, PATIENCE)
        said = _outcome(lambda: names.update(o=eval(step, names)) or names["o"] if step is program[0] else eval(step, names))
        signal.setitimer(signal.ITIMER_REAL, 0)
        yield said
        if said[0] == "hangs" or "o" not in names:
            return


def outcomes(module, program):
    """What each step came to, in a process of its own: the standard library's may hang, or die."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setsid()  # a group of its own, to be ended with whom it started
            os.close(reading)
            with os.fdopen(writing, "wb") as pipe:
                try:
                    for said in _steps(module, program):
                        pickle.dump(said, pipe)
                        pipe.flush()
                except Over:  # just when it was over
                    pickle.dump(("hangs", ""), pipe)
        finally:
            os._exit(0)
    os.close(writing)
    said = []
    with os.fdopen(reading, "rb") as pipe:
        while select.select([pipe], [], [], 60)[0]:
            try:
                said.append(pickle.load(pipe))
            except EOFError:
                break
        else:
            said.append(("hangs", ""))
    ended, status = os.waitpid(child, os.WNOHANG if said and said[-1][0] == "hangs" else 0)
    try:
        os.killpg(child, signal.SIGKILL)
    except ProcessLookupError:
        pass
    if not ended:
        os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        said.append(("dies", signal.Signals(os.WTERMSIG(status)).name))
    return said


def same(expected, found):
    if expected[0] == found[0] == "raises":
        return expected[1][0] in found[1]
    return expected == found


def differences(program, here):
    """(step, the standard library's, ours), up to the first after which the two may be in different states."""
    expected, found = outcomes(multiprocessing, program), outcomes(here, program)
    for step, one, other in zip(program, expected, found):
        if same(one, other):
            continue
        yield step, one, other
        if one[0] != "is" or other[0] != "is":
            return
    if len(expected) != len(found):
        yield program[min(len(expected), len(found)) - 1], ("ends", str(len(expected))), ("ends", str(len(found)))
