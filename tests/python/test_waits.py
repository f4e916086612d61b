"""What all waits have in common: time, signals, deaths, forks, threads, spawned processes, interpreters."""

import multiprocessing
import os
import pathlib
import signal
import subprocess
import sys
import threading
import time

import pytest
from kinds import LIVE, WAITS

import shoal

PROMPTLY = 0.3  # seconds from a kill to when the others go on
TESTS = str(pathlib.Path(__file__).resolve().parents[1])
ALL = list(WAITS)


@pytest.fixture(params=ALL)
def own(request):
    """The name of a kind in WAITS."""
    return request.param


@pytest.fixture
def kind(own):
    return WAITS[own]


def waiting(kind, segment, count=1):
    """To be asked until it is so."""
    return len(kind.target(segment).waiters) == count


def test_a_wait_ends_when_it_is_let_go(segment, kind, started, until):
    kind.hold(segment)
    child = started(kind.wait, segment)
    until(waiting, kind, segment)
    assert not child.done()
    kind.free(segment)
    assert child.result() is True
    assert kind.target(segment).waiters == []


def test_a_timeout_is_kept(segment, kind, holding):
    holding(kind.hold, segment)
    for timeout in (0.2, 0.01, 0):
        kind.hold(segment) if kind is WAITS["barrier"] else None
        start = time.monotonic()
        assert kind.wait(segment, timeout) is False
        assert timeout <= time.monotonic() - start < timeout + (0.5 if timeout else 0.1)
    assert kind.target(segment).waiters == []


def test_a_wait_gives_up_the_gil(segment, kind, holding):
    holding(kind.hold, segment)
    counted = 0
    waiter = threading.Thread(target=kind.wait, args=(segment, 0.3))
    waiter.start()
    start = time.monotonic()
    while waiter.is_alive():
        counted += 1
        time.sleep(0.001)
    assert counted > 50 and time.monotonic() - start < 2


def test_who_waits_is_known(segment, kind, started, until):
    kind.hold(segment)
    child = started(kind.wait, segment)
    (waiter,) = until(lambda: kind.target(segment).waiters)
    assert isinstance(waiter, shoal.Owner) and waiter.alive
    assert waiter.pid == child.pid and waiter.thread == child.pid  # its only thread
    assert waiter.program == pathlib.Path(f"/proc/{child.pid}/comm").read_text().strip()
    child.kill()
    until(waiting, kind, segment, 0)


# ---- Signals ---------------------------------------------------------------------------------------

CTRL_C = """
import ctypes, shoal, sys
ctypes.CDLL(None).prctl(1, 9)
sys.path.insert(0, sys.argv[2])
from kinds import WAITS
seg, wait = shoal.open(sys.argv[1]), WAITS[sys.argv[3]]
print("ready", flush=True)
try:
    wait.enter(seg) if sys.argv[4] == "with" else wait.wait(seg, float(sys.argv[4]))
except KeyboardInterrupt:
    print("interrupted", flush=True)
if "lock" in sys.argv[5:]:
    assert not seg["the lock"].locked()
"""


@pytest.mark.parametrize("timeout", [-1, 60, "with"])
def test_ctrl_c_interrupts_it(segment, name, own, kind, timeout, until):
    kind.hold(segment)
    child = subprocess.Popen(
        [sys.executable, "-c", CTRL_C, name, TESTS, own, str(timeout)]
        + ["lock"] * (kind is WAITS["condition"]),
        stdout=subprocess.PIPE,
    )
    assert child.stdout.readline() == b"ready\n"
    until(waiting, kind, segment)
    child.send_signal(signal.SIGINT)
    sent = time.monotonic()
    assert child.communicate(timeout=20)[0] == b"interrupted\n"
    assert time.monotonic() - sent < 5 and child.returncode == 0
    until(waiting, kind, segment, 0)


class Interrupted(Exception):
    pass


@pytest.fixture
def handler():
    """handler(function): called on SIGUSR1."""
    old = signal.getsignal(signal.SIGUSR1)
    yield lambda function: signal.signal(signal.SIGUSR1, lambda *_: function())
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGUSR1, old)


def interrupt():
    raise Interrupted


def test_a_signal_whose_handler_returns_does_not_end_it(segment, kind, holding):
    holding(kind.hold, segment)
    seen = []
    old = signal.signal(signal.SIGALRM, lambda *_: seen.append(1))
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.03, 0.03)
        start = time.monotonic()
        assert kind.wait(segment, 0.4) is False
        assert 0.4 <= time.monotonic() - start < 2 and len(seen) > 3
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, old)


def test_a_signal_that_another_thread_receives_is_answered_in_time(segment, kind, holding, handler):
    """The main thread waits in a system call that the signal does not reach."""
    holding(kind.hold, segment)
    handler(interrupt)
    helper = threading.Timer(0.1, lambda: signal.pthread_kill(threading.get_ident(), signal.SIGUSR1))
    helper.start()
    start = time.monotonic()
    with pytest.raises(Interrupted):
        kind.wait(segment, 20)
    assert time.monotonic() - start < 2
    helper.join()
    assert kind.target(segment).waiters == []


def test_an_interrupted_wait_leaves_nothing_behind(segment, kind, holding, started, handler, until):
    """The next wait, of this process or another, is served as if nothing had been."""
    holder = holding(kind.hold, segment)
    handler(interrupt)
    helper = threading.Timer(0.05, lambda: os.kill(os.getpid(), signal.SIGUSR1))
    helper.start()
    with pytest.raises(Interrupted):
        kind.wait(segment, 20)
    helper.join()
    if kind is WAITS["barrier"]:
        assert segment["x"].broken
        segment["x"].reset()
    child = started(kind.wait, segment, 20)
    until(waiting, kind, segment)
    if kind.held:
        holder.kill()
    else:
        kind.free(segment)
    assert child.result() is True


# ---- Deaths ----------------------------------------------------------------------------------------

@pytest.mark.parametrize("own", [own for own in ALL if WAITS[own].held])
def test_a_waiter_goes_on_when_the_holder_is_killed(segment, own, holding, started, until):
    kind = WAITS[own]
    holder = holding(kind.hold, segment)
    child = started(lambda: (kind.wait(segment), kind.told(segment)))
    until(waiting, kind, segment)
    killed = time.monotonic()
    holder.kill()
    got, when = child.ended()
    assert got == (True, kind.tells) and when - killed < PROMPTLY


@pytest.mark.parametrize("own", [own for own in ALL if own != "barrier"])
def test_a_killed_waiter_is_in_nobodys_way(segment, own, started, until):
    kind = WAITS[own]
    kind.hold(segment)
    victim, other = started(kind.wait, segment), started(kind.wait, segment)
    until(waiting, kind, segment, 2)
    victim.kill()
    freed = time.monotonic()
    kind.free(segment)
    got, when = other.ended()
    assert got is True and when - freed < PROMPTLY


@pytest.mark.parametrize("own", [own for own in ALL if own != "barrier"])
def test_a_waiter_that_is_killed_as_it_wakes_up_loses_nothing(segment, own, started, until):
    """Stopped while it waits, let go, and killed without having run again: the wake-up was its own."""
    kind = WAITS[own]
    for _ in range(5):
        kind.hold(segment)
        victim = started(kind.wait, segment)
        until(waiting, kind, segment, 1)
        other = started(kind.wait, segment)
        until(waiting, kind, segment, 2)
        victim.signal(signal.SIGSTOP)
        until(lambda: " T " in pathlib.Path(f"/proc/{victim.pid}/stat").read_text())
        kind.free(segment)
        if not other.done():
            time.sleep(0.01)
        killed = time.monotonic()
        victim.kill()
        got, when = other.ended()
        assert got is True and when - killed < PROMPTLY


@pytest.mark.parametrize("own", ["lock", "read", "write", "semaphore", "condition"])
def test_processes_that_are_killed_at_any_time_stop_nobody(segment, own, started):
    """A storm: four at work, one after the other killed, for a second. What they held comes back."""
    kind, progress = WAITS[own], segment.counter("progress")
    kind.hold(segment)
    kind.free(segment)

    def work():
        while True:
            kind.wait(segment, 0.001 if own == "condition" else -1)
            progress.add()
            kind.undo(segment)
            if own == "condition":
                kind.free(segment)

    workers, deadline = [started(work) for _ in range(4)], time.monotonic() + 1
    while time.monotonic() < deadline:
        time.sleep(0.004)
        workers.pop(0).kill()
        workers.append(started(work))
    before = progress.value
    time.sleep(PROMPTLY)
    assert progress.value > before > 0
    for worker in workers:
        worker.kill()
    assert kind.wait(segment, 1) is True or own == "condition"
    kind.undo(segment)
    assert segment.check() == []


# ---- Forks, processes, interpreters ----------------------------------------------------------------


def test_a_child_forked_while_a_thread_waits_is_free(segment, kind, in_child, until):
    """The waiting thread is not in the child, and it goes on waiting in the parent."""
    kind.hold(segment)
    got = []
    waiter = threading.Thread(target=lambda: got.append(kind.wait(segment, 20)))
    waiter.start()
    until(waiting, kind, segment)

    def child():
        seen = until(lambda: kind.target(segment).waiters)
        return [waiter.pid for waiter in seen], kind.wait(segment, 0) if kind is not WAITS["barrier"] else False

    assert in_child(child) == ([os.getpid()], False)
    until(waiting, kind, segment)
    assert got == []
    kind.free(segment)
    waiter.join(20)
    assert got == [True]


def test_a_child_forked_in_a_signal_handler_of_a_wait_is_free(segment, kind, holding, handler):
    """It unwinds its copy of the wait, which must not touch the parent's."""
    holding(kind.hold, segment)
    ended = []

    def fork():
        pid = os.fork()
        if pid == 0:
            raise Interrupted
        ended.append(os.waitpid(pid, 0)[1])

    handler(fork)
    threading.Timer(0.1, lambda: os.kill(os.getpid(), signal.SIGUSR1)).start()
    try:
        assert kind.wait(segment, 0.4) is False
    except Interrupted:
        os._exit(0 if kind is not WAITS["barrier"] or not segment["x"].broken else 1)
    assert ended == [0]


def spawned(own, handed, queue):
    queue.put(WAITS[own].wait(handed, 30))


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_a_spawned_process_waits(segment, own, kind, method, until):
    context = multiprocessing.get_context(method)
    kind.hold(segment)
    queue = context.Queue()
    child = context.Process(target=spawned, args=(own, segment, queue), daemon=True)
    child.start()
    until(waiting, kind, segment, timeout=60)
    kind.free(segment)
    assert queue.get(timeout=30) is True
    child.join(30)
    assert child.exitcode == 0


@pytest.mark.parametrize("own", [own for own in ALL if WAITS[own].held])
def test_what_is_held_across_exec_is_given_back(segment, own, started):
    """exec ends what the process was, as its death does."""
    kind, held = WAITS[own], segment.event("held")

    def replace():
        kind.hold(segment)
        held.set()
        os.execv(sys.executable, [sys.executable, "-c", "import time; time.sleep(60)"])

    child = started(replace)
    assert held.wait(20) and kind.wait(segment, 20) is True
    assert os.waitpid(child.pid, os.WNOHANG) == (0, 0), "the process lives on, as another program"
    assert kind.told(segment) is kind.tells
    kind.undo(segment)


@pytest.mark.parametrize("own", [own for own in ALL if own != "barrier"])
def test_threads_wait_beside_each_other(segment, own, until):
    kind = WAITS[own]
    kind.hold(segment)
    got = []

    def wait():
        result = kind.wait(segment, 20)
        kind.undo(segment)
        got.append(result)

    threads = [threading.Thread(target=wait) for _ in range(4)]
    for thread in threads:
        thread.start()
    until(waiting, kind, segment, 4)
    for _ in range(4 if own == "condition" else 1):
        kind.free(segment)
    for thread in threads:
        thread.join(20)
    assert got == [True] * 4


def test_children_forked_while_threads_take_and_give_are_free(segment, in_child):
    """In every state that a thread of the parent may be in at that moment."""
    rw, semaphore, stop = segment.rwlock("rw"), segment.semaphore("s", 2), threading.Event()
    condition = segment.condition("c", segment.lock("l"))

    def work():
        while not stop.is_set():
            with rw.read(), semaphore:
                pass
            with rw.write():
                pass
            with condition:
                condition.notify()
                condition.wait(0.001)

    def child():
        with rw.write(20), semaphore, condition:
            return len(rw.readers), semaphore.held

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(20):
            assert in_child(child) == (0, 1)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert rw.write().acquire(False) and semaphore.value == 2


LEAVES_THEM_WAITING = """
import shoal, sys, threading, time
sys.path.insert(0, sys.argv[2])
from kinds import WAITS
seg, kind = shoal.open(sys.argv[1]), WAITS[sys.argv[3]]
threading.Thread(target=kind.wait, args=(seg,), daemon=True).start()
while not kind.target(seg).waiters:
    time.sleep(0.001)
"""


def test_a_program_ends_while_a_daemon_of_it_waits(segment, name, own, kind, python, until):
    kind.hold(segment)
    assert python(LEAVES_THEM_WAITING, name, TESTS, own) == ""
    until(waiting, kind, segment, 0)
    if kind is WAITS["barrier"]:
        segment["x"].reset()


# ---- Its name ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("own", ["signal", "event", "barrier"])
def test_what_is_waited_for_is_not_removed(segment, own, started, until):
    kind = WAITS[own]
    kind.hold(segment)
    child = started(kind.wait, segment)
    until(waiting, kind, segment)
    with pytest.raises(shoal.LockError, match=f"pid {child.pid}.*waits (for|at) it"):
        del segment["x"]
    assert "x" in segment
    kind.free(segment)
    child.result()
    del segment["x"]
    assert len(segment) == 0


def test_what_a_thread_waits_for_is_seen_from_its_own_signal_handler(segment, kind, holding, handler):
    holding(kind.hold, segment)
    seen = []

    def look():
        try:
            del segment["x"]
        except shoal.LockError as error:
            seen.append((len(kind.target(segment).waiters), f"pid {os.getpid()}" in str(error) or kind.held))

    handler(look)
    helper = threading.Timer(0.05, lambda: os.kill(os.getpid(), signal.SIGUSR1))
    helper.start()
    assert kind.wait(segment, 0.3) is False
    helper.join()
    assert seen == [(1, True)] and "x" in segment


BUSY = """
import shoal, sys, threading
sys.path.insert(0, sys.argv[2])
from kinds import WAITS
sys.setswitchinterval(0.05)
threading.Thread(target=lambda: [sum(range(1000)) for _ in iter(int, 1)], daemon=True).start()
WAITS[sys.argv[3]].wait(shoal.open(sys.argv[1]), 20)
"""


@pytest.mark.parametrize("own", ["signal", "event", "condition"])
def test_who_waits_beside_a_thread_that_computes_is_seen_all_the_time(segment, name, own, until):
    kind = WAITS[own]
    kind.hold(segment)
    with subprocess.Popen([sys.executable, "-c", BUSY, name, TESTS, own]) as child:
        until(waiting, kind, segment)
        end = time.monotonic() + 0.5
        while time.monotonic() < end:
            assert waiting(kind, segment)
            with pytest.raises(shoal.LockError):
                del segment["x"]
        child.kill()


# ---- Readonly --------------------------------------------------------------------------------------


def test_a_readonly_attach_waits_for_what_it_need_not_write(segment, name, own, kind):
    (looks,) = [each.looks for each in LIVE.values() if own in each.waits]
    kind.hold(segment)
    with shoal.open(name, readonly=True) as reader:
        reader["x"]
        if kind.readonly:
            assert kind.wait(reader, 0.01) is False
            kind.free(segment)
            assert kind.wait(reader, 20) is True
            assert [look(reader["x"]) for look in looks] == [look(segment["x"]) for look in looks]
        else:
            assert reader["x"].name == "x"
            for take in (
                lambda: reader["x"].acquire(), lambda: reader["x"].read().acquire(), lambda: reader["x"].notify(),
                lambda: reader["x"].wait(),
            ):  # fmt: skip
                try:
                    take()
                except (shoal.ReadOnly, AttributeError):
                    continue
                except shoal.LockError:  # not held, which comes first
                    assert kind is WAITS["condition"]
                    continue
                pytest.fail("it was let through")
