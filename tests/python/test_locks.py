import os
import threading
import time

import pytest

import shoal


def test_a_lock_is_taken_and_given_back(segment):
    lock = segment.lock("l")
    assert lock.acquire() is True and lock.locked()
    assert lock.release() is None and not lock.locked()
    assert lock.name == "l" and not lock.reentrant and not lock.strict and not lock.recovered


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
