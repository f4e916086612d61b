import os
import signal
import subprocess
import sys
import threading
import time

import pytest

import shoal


def test_a_lock_is_taken_and_given_back(segment):
    lock = segment.lock("l")
    assert lock.acquire() is True and lock.locked()
    assert lock.release() is None and not lock.locked()
    assert lock.name == "l" and not lock.reentrant and not lock.strict and not lock.recovered


def test_with_gives_the_lock_itself(segment):
    lock = segment.lock("l")
    with lock as held:
        assert held is lock and lock.locked()
    assert not lock.locked()


def test_the_block_ends_with_its_own_exception(segment):
    lock = segment.lock("l")
    with pytest.raises(ZeroDivisionError):
        with lock:
            1 / 0
    assert not lock.locked()


def test_an_exception_of_the_block_is_not_hidden_by_one_of_the_release(segment, monkeypatch):
    lock, unraisable = segment.lock("l"), []
    monkeypatch.setattr(sys, "unraisablehook", unraisable.append)
    with pytest.raises(ZeroDivisionError):
        with lock:
            lock.release()
            1 / 0
    assert [report.exc_type for report in unraisable] == [shoal.LockError]
    with pytest.raises(shoal.LockError):
        with lock:
            lock.release()


def test_releasing_what_is_not_held_is_a_lock_error(segment):
    lock = segment.lock("l")
    with pytest.raises(shoal.LockError) as caught:
        lock.release()
    assert isinstance(caught.value, RuntimeError)


def test_waiting_without_a_deadline_for_what_this_thread_holds_is_a_lock_error(segment):
    lock = segment.lock("l")
    with lock:
        for again in (lock.acquire, lambda: lock.acquire(True, -1), lock.__enter__):
            with pytest.raises(shoal.LockError):
                again()
        assert lock.locked()
    assert not lock.locked()


def test_a_try_by_the_holder_is_false_as_with_threading_lock(segment):
    for lock in (segment.lock("l"), segment.lock("strict", strict=True), threading.Lock()):
        with lock:
            assert lock.acquire(False) is False and lock.acquire(blocking=False) is False and lock.acquire(timeout=0) is False
            start = time.monotonic()
            assert lock.acquire(timeout=0.05) is False and time.monotonic() - start >= 0.05
        assert lock.acquire(False) is True
        lock.release()


def test_the_holder_may_wait_until_another_thread_gives_it_back(segment, until):
    lock = segment.lock("l")

    def release():
        until(lambda: lock.waiters)
        lock.release()

    lock.acquire()
    thread = threading.Thread(target=release)
    thread.start()
    assert lock.acquire(timeout=20)
    thread.join()
    lock.release()
    assert not lock.locked()


def test_what_a_thread_left_is_not_held_by_one_that_the_kernel_calls_alike(segment):
    lock, reentrant = segment.lock("l"), segment.lock("r", reentrant=True)
    numbers = set()

    def take():
        numbers.add(shoal._shoal._thread_number())
        return lock.acquire(False) + reentrant.acquire(False)

    def run(function):
        result = []
        thread = threading.Thread(target=lambda: result.append(function()))
        thread.start()
        thread.join()
        return result[0]

    assert run(take) == 2
    assert [run(take) for _ in range(20)] == [0] * 20 and len(numbers) == 21
    lock.release()
    reentrant.release()


def test_release_all_gives_up_what_this_thread_holds_as_if_it_had_died(segment, name):
    lock, reentrant, rw, semaphore = segment.lock("l"), segment.lock("r", reentrant=True), segment.rwlock("rw"), segment.semaphore("s", 2)
    other = segment.lock("another thread's")
    shoal.release_all()  # what another test left
    assert shoal.release_all() == 0
    thread = threading.Thread(target=other.acquire)
    thread.start()
    thread.join()
    for take in (lock.acquire, reentrant.acquire, reentrant.acquire, rw.read().acquire, semaphore.acquire):
        take()
    with shoal.create(size="1M") as second:
        second.lock("l").acquire()
        assert shoal.release_all() == 5
        assert not second.lock("l").locked()
    assert not lock.locked() and not reentrant.locked() and semaphore.value == 2 and not rw.readers
    assert other.locked() and shoal.release_all() == 0
    with lock as held:
        assert held.recovered
    with pytest.raises(shoal.LockError):
        reentrant.release()
    other.release()


def test_a_reentrant_lock_is_taken_as_often_as_given_back(segment):
    lock = segment.lock("l", reentrant=True)
    assert lock.reentrant
    with lock, lock, lock:
        pass
    assert not lock.locked()
    lock.acquire()
    lock.acquire()
    lock.release()
    assert lock.locked()
    lock.release()
    assert not lock.locked()
    with pytest.raises(shoal.LockError):
        lock.release()


def test_reentrant_is_a_parameter_of_the_lock(segment):
    segment.lock("l", True)
    with pytest.raises(shoal.TypeMismatch):
        segment.lock("l")
    assert segment["l"].reentrant


def test_another_process_is_kept_out(segment, in_child):
    lock = segment.lock("l")
    with lock:
        assert in_child(lambda: lock.acquire(blocking=False)) is False
        assert in_child(lambda: lock.acquire(block=False)) is False
        assert in_child(lambda: lock.acquire(timeout=0.05)) is False
        assert in_child(lambda: lock.locked()) is True
    assert in_child(lambda: (lock.acquire(False), lock.release())[0]) is True


def test_another_thread_is_kept_out_and_may_release(segment, thread):
    lock = segment.lock("l")
    with lock:
        assert thread(lock.acquire, False) is False
        assert thread(lock.acquire, True, 0.05) is False
    lock.acquire()
    thread(lambda: lock.release() or True)
    assert not lock.locked()


def test_a_timeout_is_kept(segment, holding):
    lock = segment.lock("l")
    holding(lock.acquire)
    for timeout in (0.2, 0.01):
        start = time.monotonic()
        assert lock.acquire(timeout=timeout) is False
        assert timeout <= time.monotonic() - start < timeout + 0.5
    start = time.monotonic()
    assert lock.acquire(timeout=0) is False and lock.acquire(blocking=False) is False
    assert time.monotonic() - start < 0.1


def test_a_waiter_gets_it_when_it_is_given_back(segment):
    lock, order = segment.lock("l"), segment.counter("order")
    lock.acquire()
    waiter = os.fork()
    if waiter == 0:
        with lock:
            order.add()
        os._exit(0)
    time.sleep(0.1)
    assert order.value == 0
    lock.release()
    os.waitpid(waiter, 0)
    assert order.value == 1


@pytest.mark.parametrize(
    "arguments, error",
    [
        (dict(timeout=-2), ValueError), (dict(timeout=-0.5), ValueError), (dict(blocking=False, timeout=1), ValueError),
        (dict(blocking=False, timeout=0), ValueError), (dict(timeout=float("nan")), ValueError),
        (dict(timeout="1"), TypeError), (dict(blocking=True, block=True), TypeError), (dict(wait=True), TypeError),
    ],
)  # fmt: skip
def test_impossible_arguments_are_refused_as_by_threading(segment, arguments, error):
    lock = segment.lock("l")
    with pytest.raises(error):
        lock.acquire(**arguments)
    assert not lock.locked()


def test_possible_arguments_are_taken_as_by_threading(segment):
    lock = segment.lock("l")
    for arguments in ((), (True,), (True, -1), (False,), (1, 5), (False, -1)):
        assert lock.acquire(*arguments) is True
        lock.release()
    for arguments in (dict(timeout=None), dict(block=True, timeout=1e300), dict(timeout=float("inf")), dict(timeout=0)):
        assert lock.acquire(**arguments) is True
        lock.release()


def test_the_owner_is_known(segment, holding):
    lock = segment.lock("l")
    assert lock.owner is None
    with lock:
        owner = lock.owner
        assert isinstance(owner, shoal.Owner)
        assert owner.pid == os.getpid() and owner.thread == threading.get_native_id()
        assert abs(owner.since - time.time()) < 5 and owner.alive
        with open("/proc/self/comm") as comm:
            assert owner.program == comm.read().strip()
        assert str(os.getpid()) in repr(lock)
    assert lock.owner is None and "unlocked" in repr(lock)
    child = holding(lock.acquire)
    assert lock.owner.pid == child.pid and lock.locked()
    child.kill()
    assert not lock.locked() and (lock.owner is None or not lock.owner.alive)


def test_next_taker_is_told_that_the_holder_died(segment, die):
    lock = segment.lock("l")
    die(lock.acquire)
    assert lock.acquire(timeout=1.0) and lock.recovered
    lock.release()
    assert not lock.recovered
    assert lock.acquire(timeout=1.0) and not lock.recovered  # told only once
    lock.release()


def test_the_holder_in_a_with_block_is_told(segment, die):
    lock = segment.lock("l")
    die(lock.acquire)
    with lock as held:
        assert held.recovered
    with lock as held:
        assert not held.recovered


def test_a_waiter_gets_the_lock_of_a_killed_holder_within_300_ms(segment, holding):
    lock = segment.lock("l")
    child = holding(lock.acquire)
    waits = []

    def wait():
        assert lock.acquire(timeout=20)
        waits.append((time.monotonic(), lock.recovered))
        lock.release()

    waiter = threading.Thread(target=wait)
    waiter.start()
    time.sleep(0.1)
    assert waits == []
    killed = time.monotonic()
    child.kill()
    waiter.join()
    assert waits[0][0] - killed < 0.3 and waits[0][1] is True


def test_a_strict_handle_raises_until_repair(segment, die):
    strict = segment.lock("l", strict=True)
    assert strict.strict and not segment.lock("l").strict
    die(strict.acquire)
    for take in (strict.acquire, lambda: strict.acquire(False), lambda: strict.acquire(timeout=1), strict.__enter__):
        with pytest.raises(shoal.OwnerDied):
            take()
    strict.repair()
    with strict:
        assert not strict.recovered
    with pytest.raises(shoal.LockError):
        strict.repair()


def test_a_lenient_handle_may_take_what_a_strict_one_refuses(segment, die):
    strict, lenient = segment.lock("l", strict=True), segment.lock("l")
    die(lenient.acquire)
    with pytest.raises(shoal.OwnerDied):
        strict.acquire()
    with lenient:
        assert lenient.recovered
    with strict:
        assert not strict.recovered


def test_a_forked_child_does_not_have_its_parents_lock(segment, in_child):
    lock = segment.lock("l")

    def release():
        try:
            lock.release()
        except shoal.LockError:
            return "refused"

    with lock:
        assert in_child(release) == "refused"
        assert in_child(lambda: (lock.recovered, lock.acquire(False))) == (False, False)
        assert lock.locked()


def test_a_child_that_ends_without_release_leaves_it_recovered(segment, in_child):
    lock = segment.lock("l")
    in_child(lock.acquire)
    assert lock.acquire(timeout=1) and lock.recovered
    lock.release()


def test_forking_while_threads_use_locks_is_safe(segment):
    lock, stop, counter = segment.lock("l"), threading.Event(), segment.counter("c")

    def work():
        while not stop.is_set():
            with lock:
                counter.add()

    workers = [threading.Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    try:
        for _ in range(30):
            pid = os.fork()
            if pid == 0:
                ok = lock.acquire(timeout=20)
                if ok:
                    counter.add()
                    lock.release()
                os._exit(0 if ok else 1)
            assert os.waitpid(pid, 0)[1] == 0
    finally:
        stop.set()
        for worker in workers:
            worker.join()
    assert not lock.locked()


def test_processes_exclude_each_other(segment, holding):
    lock, array = segment.lock("l"), segment.array("a", 2, "i8")

    def work():
        for _ in range(2000):
            with lock:
                value = array[0]
                array[1] = value
                array[0] = array[1] + 1

    children = [holding(work) for _ in range(4)]
    for child in children:
        child.end()
    assert array[0] == 8000


CTRL_C = """
import shoal, sys
lock = shoal.open(sys.argv[1]).lock("l")
print("ready", flush=True)
try:
    {wait}
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""


@pytest.mark.parametrize("wait", ["lock.acquire()", "lock.acquire(timeout=60)", "lock.__enter__()"])
def test_ctrl_c_interrupts_a_blocked_acquire(segment, name, wait):
    with segment.lock("l"):
        child = subprocess.Popen([sys.executable, "-c", CTRL_C.format(wait=wait), name], stdout=subprocess.PIPE)
        assert child.stdout.readline() == b"ready\n"
        time.sleep(0.2)
        child.send_signal(signal.SIGINT)
        sent = time.monotonic()
        assert child.communicate(timeout=20)[0] == b"interrupted\n"
        assert time.monotonic() - sent < 5 and child.returncode == 0


def test_a_signal_whose_handler_returns_does_not_end_the_wait(segment, holding):
    lock, seen = segment.lock("l"), []
    holding(lock.acquire)
    old = signal.signal(signal.SIGALRM, lambda *_: seen.append(1))
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.03, 0.03)
        start = time.monotonic()
        assert lock.acquire(timeout=0.4) is False
        assert 0.4 <= time.monotonic() - start < 2 and len(seen) > 3
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, old)


def test_a_signal_that_another_thread_receives_is_answered_in_time(segment, holding):
    """The main thread waits in a system call that the signal does not reach."""
    lock = segment.lock("l")
    holding(lock.acquire)

    class Interrupted(Exception):
        pass

    def handler(*_):
        raise Interrupted

    old = signal.signal(signal.SIGUSR1, handler)
    helper = threading.Timer(0.1, lambda: signal.pthread_kill(threading.get_ident(), signal.SIGUSR1))
    helper.start()
    try:
        start = time.monotonic()
        with pytest.raises(Interrupted):
            lock.acquire(timeout=20)
        assert time.monotonic() - start < 2
    finally:
        signal.signal(signal.SIGUSR1, old)
        helper.join()


def test_a_lock_outlives_close_and_removal(segment):
    lock = segment.lock("l")
    del segment["l"]
    lock.acquire()
    segment.close()
    assert lock.locked()
    lock.release()
    with lock:
        pass


# ---- Names ------------------------------------------------------------------------------------------


def test_what_is_held_is_not_removed(segment):
    lock, rw, semaphore = segment.lock("l"), segment.rwlock("rw"), segment.semaphore("s", 2)
    for name, held in (("l", lock), ("rw", rw.read()), ("rw", rw.write()), ("s", semaphore)):
        with held:
            with pytest.raises(shoal.LockError, match=f"pid {os.getpid()}"):
                del segment[name]
            assert name in segment
    del segment["l"], segment["rw"], segment["s"]
    assert len(segment) == 0
    with segment.lock("l"), lock:  # another of that name; who has the old one open goes on with it
        assert not lock.recovered


def test_what_is_waited_for_is_not_removed(segment, started, until):
    waits = {"e": segment.event("e").wait, "s": segment.semaphore("s", 0, bounded=False).acquire}
    waits["b"] = segment.barrier("b", 2).wait
    ends = {"e": segment.event("e").set, "s": segment["s"].release, "b": segment["b"].wait}
    for name, wait in waits.items():
        waiter = started(wait)
        until(lambda: segment[name].waiters)
        with pytest.raises(shoal.LockError, match="waits (for|at) it"):
            del segment[name]
        ends[name]()
        waiter.result()
        del segment[name]
    assert len(segment) == 0


def test_what_the_dead_held_is_removed(segment, die):
    lock, rw, semaphore = segment.lock("l"), segment.rwlock("rw"), segment.semaphore("s")
    die(lambda: (lock.acquire(), rw.write().acquire(), semaphore.acquire()))
    del segment["l"], segment["rw"], segment["s"]
    assert len(segment) == 0 and lock.acquire(False) and lock.recovered
    lock.release()
