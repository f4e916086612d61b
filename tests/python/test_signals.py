"""Signals, threads and forks of a process that finds a segment's structure locked, by a process that is stopped or dead."""

import contextlib
import os
import pathlib
import pickle
import signal
import subprocess
import sys
import threading
import time

import pytest
from kinds import LIVE

import shoal

PERIODS = [0.0003, 0.001, 0.005, 0.015]
STOPPED = pathlib.Path(__file__).with_name("stopped.py")
SOON = 0.1


class Interrupted(Exception):
    pass


def start_holder(name):
    holder = subprocess.Popen([sys.executable, STOPPED, name], stdout=subprocess.PIPE)
    assert holder.stdout.readline() == b"has it\n"
    while "State:\tT" not in pathlib.Path(f"/proc/{holder.pid}/status").read_text():
        time.sleep(0.001)
    return holder


@pytest.fixture
def stopped(segment):
    """A process that is stopped and has the structure's lock."""
    segment["old"] = 1
    holder = start_holder(segment.name)
    yield holder
    holder.send_signal(signal.SIGCONT)
    holder.communicate()
    assert holder.returncode == 0


@contextlib.contextmanager
def handled(handler, *timer):
    before = signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, *timer)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def interrupt(*_):
    raise Interrupted


CALLS = {
    "put": lambda segment: segment.__setitem__("new", 1),
    "put of a large value": lambda segment: segment.__setitem__("new", b"x" * 1_000_000),
    "remove": lambda segment: segment.__delitem__("old"),
    **{name: kind.make for name, kind in LIVE.items()},
    "large array": lambda segment: segment.array("a", (1_000_000,)),
    "info": lambda segment: segment.info(),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_a_call_that_finds_the_structure_locked_is_interrupted_by_a_handler_that_raises(segment, stopped, call):
    start = time.monotonic()
    with handled(interrupt, SOON), pytest.raises(Interrupted):
        call(segment)
    assert time.monotonic() - start < 5
    assert segment.keys() == ["old"]


def test_a_check_waits_for_nobody(segment, stopped):
    assert segment.check() == []


def test_opening_a_live_object_by_its_name_is_interrupted(segment, name):
    segment.array("a", (10,))
    segment.condition("c", segment.lock("l"))
    with contextlib.ExitStack() as stack:
        holder = start_holder(name)
        stack.callback(holder.communicate)
        stack.callback(holder.send_signal, signal.SIGCONT)
        for key in ("a", "c"):
            with handled(interrupt, SOON), pytest.raises(Interrupted):
                segment[key]
    assert segment["c"].lock.name == "l"


ATTACH = """
import pickle, signal, sys, shoal
def interrupt(*_): raise InterruptedError
signal.signal(signal.SIGALRM, interrupt)
signal.setitimer(signal.ITIMER_REAL, 0.1)
try:
    pickle.loads(bytes.fromhex(sys.argv[2])) if sys.argv[2:] else shoal.open(sys.argv[1])
except InterruptedError:
    print("interrupted")
"""


@pytest.mark.parametrize("pickled", [False, True])
def test_an_attach_that_finds_the_structure_locked_is_interrupted(segment, stopped, pickled):
    arguments = [segment.name, *([pickle.dumps(segment).hex()] if pickled else [])]
    assert subprocess.run([sys.executable, "-c", ATTACH, *arguments], stdout=subprocess.PIPE, check=True).stdout == b"interrupted\n"


def test_a_forked_childs_first_call_is_interrupted(segment, stopped, in_child):
    def call():
        try:
            with handled(interrupt, SOON):
                segment["new"] = 1
        except Interrupted:
            return "interrupted"

    assert in_child(call) == "interrupted"


def test_ctrl_c_ends_a_put_that_finds_the_structure_locked(segment, stopped):
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        threading.Timer(SOON, os.kill, (os.getpid(), signal.SIGINT)).start()
        with pytest.raises(KeyboardInterrupt):
            segment["new"] = 1
    finally:
        signal.signal(signal.SIGINT, before)


def test_handlers_that_return_do_not_end_the_call(segment, stopped):
    ran = []

    def go_on(*_):
        ran.append(segment["old"])  # a handler may read
        if len(ran) == 20:
            stopped.send_signal(signal.SIGCONT)

    with handled(go_on, 0.005, 0.005):
        segment["new"] = 2
    assert len(ran) >= 20 and segment["new"] == 2


def test_a_handler_may_close_the_segment_whose_call_it_interrupts(segment, stopped):
    def close(*_):
        segment.close()
        stopped.send_signal(signal.SIGCONT)

    with handled(close, SOON):
        lock = segment.lock("l")
    assert segment.closed and lock.acquire(timeout=1)
    lock.release()


def test_other_threads_and_forks_go_on_while_one_waits_for_the_structure(segment, stopped):
    waiting = [threading.Thread(target=put) for put in (
        lambda: segment.__setitem__("a", 1), lambda: segment.counter("b"), lambda: segment.__setitem__("c", b"x" * 1_000_000))]
    for thread in waiting:
        thread.start()
    beats = 0
    end = time.monotonic() + 0.3
    while time.monotonic() < end:
        time.sleep(0.001)
        beats += 1
    assert beats > 100 and all(thread.is_alive() for thread in waiting)
    for _ in range(5):
        pid = os.fork()
        if pid == 0:
            os._exit(7)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 7
    stopped.send_signal(signal.SIGCONT)
    for thread in waiting:
        thread.join()
    assert segment.keys() == ["a", "b", "c", "old"]


def test_what_is_closed_while_the_structure_is_locked_is_freed_by_a_later_call(segment, name):
    handles = [segment.counter(f"c{i}") for i in range(100)]
    for i in range(100):
        del segment[f"c{i}"]
    holder = start_holder(name)
    start = time.monotonic()
    handles.clear()
    assert time.monotonic() - start < 2
    holder.send_signal(signal.SIGCONT)
    holder.communicate()
    segment.counter("later")
    assert segment.info().removed == 0


@pytest.mark.parametrize("period", PERIODS)
def test_a_timer_does_not_postpone_the_proof_that_the_structures_owner_died(segment, name, period):
    segment["old"] = 1
    holder = start_holder(name)
    holder.kill()
    holder.communicate()
    start = time.monotonic()
    with handled(lambda *_: None, period, period):
        segment["new"] = 1
    assert time.monotonic() - start < 2
    assert segment.info().recoveries == 1


@pytest.mark.parametrize("period", PERIODS)
def test_a_timer_does_not_postpone_the_proof_that_a_holder_died(segment, holding, period):
    locks = [segment.lock("l"), segment.rwlock("rw").write(), segment.rwlock("rr").read(), segment.semaphore("s", 1)]
    waiting = [locks[0], locks[1], segment.rwlock("rr").write(), locks[3]]
    for held, wanted in zip(locks, waiting):
        holder = holding(held.acquire)
        holder.kill()
        start = time.monotonic()
        with handled(lambda *_: None, period, period):
            assert wanted.acquire(timeout=5)
        assert time.monotonic() - start < 2


GONE = """
import os, subprocess, sys, shoal
segment = shoal.create(None, size="8M")
segment["old"] = 1
barrier = segment.barrier("b", 2)
subprocess.run([sys.executable, sys.argv[1], str(segment.fileno()), "die"], pass_fds=[segment.fileno()], stdout=subprocess.DEVNULL)
os.closerange(3, 1024)  # as who becomes a daemon
if os.geteuid() == 0:
    os.setuid(65534)  # root alone finds a way through what is mapped
for call in (lambda: segment.__setitem__("new", 1), lambda: segment.__setitem__("old", 2), lambda: segment.__setitem__("new", bytes(1000000)),
             lambda: segment.__delitem__("old"), lambda: segment.counter("c"), lambda: segment.array("a", (10,)),
             lambda: segment.array("a", (10000000,), "uint8"), segment.info, segment.check):
    try:
        call()
        print("done")
    except OSError as error:
        print("told" if "closed its descriptor" in str(error) else error)
print(segment["old"], barrier.parties)
"""


def test_calls_say_that_the_descriptor_is_gone_when_nobody_can_tell_whether_the_structures_owner_lives():
    done = subprocess.run([sys.executable, "-c", GONE, STOPPED], stdout=subprocess.PIPE, text=True, timeout=60, check=True)
    assert done.stdout.split("\n") == ["told"] * 9 + ["1 2", ""]


def test_a_put_after_closefrom_takes_over_from_a_dead_owner_of_the_structure(segment, name, in_child):
    """It opens the file again, by its name."""
    def call():
        segment["joined"] = 1
        holder = subprocess.run([sys.executable, STOPPED, name, "die"], stdout=subprocess.PIPE)
        descriptor = segment.fileno()
        os.close(descriptor)
        os.dup2(0, descriptor)
        segment["new"] = 2
        return [holder.returncode, segment["new"], segment.check()]

    assert in_child(call) == [-signal.SIGKILL, 2, []]


HOLDS = """
import os, subprocess, sys, shoal
segment = shoal.create(None, size="8M")
lock = segment.lock("l")
event = segment.event("e")
pid = os.fork()
if pid == 0:
    lock.acquire()
    os.kill(os.getpid(), 9)
os.waitpid(pid, 0)
os.closerange(3, 1024)
if os.geteuid() == 0:
    os.setuid(65534)
for call in (lock.acquire, lambda: lock.acquire(timeout=10), event.wait):
    try:
        print(call())
    except OSError as error:
        print("told" if "closed its descriptor" in str(error) else error)
"""


def test_waits_say_that_the_descriptor_is_gone_when_no_death_can_be_proved():
    done = subprocess.run([sys.executable, "-c", HOLDS], stdout=subprocess.PIPE, text=True, timeout=60, check=True)
    assert done.stdout.split() == ["told"] * 3
