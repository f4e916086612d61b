"""Waiting tasks and what is around them: threads, several loops, forks, sub-interpreters."""

import asyncio
import os
import sys
import threading
import time

import pytest

import shoal
from shoal import _aio
from test_asyncio import cancelled, run, until, waiting, waiting_threads

# ---- Threads, loops, forks -----------------------------------------------------------------------


def test_a_hundred_tasks_wait_in_one_thread_and_use_next_to_no_time(segment):
    counters = [segment.counter(f"c{number % 10}") for number in range(100)]

    async def main():
        threads = threading.active_count() - len(waiting_threads())
        tasks = [asyncio.ensure_future(counter.wait_async(0)) for counter in counters]
        await asyncio.sleep(0.5)
        assert threading.active_count() == threads + 1
        await until(lambda: _aio._sleeper.count == 100)
        used = time.process_time()
        await asyncio.sleep(1)
        assert time.process_time() - used < 0.15
        for counter in counters[:10]:
            counter.add()
        assert await asyncio.gather(*tasks) == [True] * 100

    run(main)


def test_a_word_that_stays_changed_makes_nothing_spin(segment):
    """The loop is busy and does not try: the thread tells it once, and then waits for the try."""
    counters = [segment.counter(f"c{number}") for number in range(3)]

    async def main():
        tasks = await waiting(*[counter.wait_async(0) for counter in counters])
        used = time.process_time()
        counters[0].add()
        time.sleep(0.5)  # not asyncio's: the loop stands still
        assert time.process_time() - used < 0.1
        assert await tasks[0] is True
        await cancelled(*tasks[1:])

    run(main)


def test_a_loop_that_stands_still_keeps_no_other_waiting(segment):
    counter, ready = segment.counter("c"), threading.Event()
    woken = []

    async def other():
        task = await waiting(counter.wait_async(0))
        ready.set()
        await task
        woken.append(time.monotonic())

    async def main():
        task = await waiting(counter.wait_async(0))
        worker = threading.Thread(target=run, args=(other,))
        worker.start()
        ready.wait()
        counter.add()
        changed = time.monotonic()
        time.sleep(0.3)
        assert woken and woken[0] - changed < 0.2
        worker.join()
        assert await task is True

    run(main)


def test_loops_in_threads_share_one_waiting_thread(segment):
    counter, seen = segment.counter("c"), []
    go = threading.Barrier(5)

    async def one():
        tasks = await waiting(*[counter.wait_async(0) for _ in range(20)])
        go.wait()
        assert await asyncio.gather(*tasks) == [True] * 20
        seen.append(1)

    workers = [threading.Thread(target=run, args=(one,)) for _ in range(4)]
    for worker in workers:
        worker.start()
    go.wait()
    deadline = time.monotonic() + 5
    while _aio._sleeper.count < 80 and time.monotonic() < deadline:  # those that just try are not in it
        time.sleep(0.001)
    assert len(waiting_threads()) == 1 and _aio._sleeper.count == 80
    counter.add()
    for worker in workers:
        worker.join()
    assert len(seen) == 4


def test_more_objects_than_the_kernel_watches_at_once(segment):
    counters = [segment.counter(f"c{number}") for number in range(300)]

    async def main():
        tasks = await waiting(*[counter.wait_async(0) for counter in counters])
        for counter, task in list(zip(counters, tasks))[::-7]:
            start = time.monotonic()
            counter.add()
            assert await task is True and time.monotonic() - start < 0.2
        await cancelled(*[task for task in tasks if not task.done()])

    run(main)


def test_a_forked_child_waits_anew_and_the_parent_goes_on(segment, in_child):
    lock, counter = segment.lock("l"), segment.counter("c")

    async def child():
        assert await lock.acquire_async(timeout=0.05) is False
        task = await waiting(counter.wait_async(0))
        counter.add()
        return await task, counter.value, len(waiting_threads())

    async def main():
        async with lock:
            waits = await waiting(counter.wait_async(0), lock.acquire_async())
            loop = asyncio.get_running_loop()
            assert await loop.run_in_executor(None, in_child, run, child) == (True, 1, 1)
            assert await waits[0] is True
        assert await waits[1] is True
        lock.release()

    run(main)


def test_a_child_forked_inside_a_task_leaves_its_parents_waits_alone(segment):
    lock, counter = segment.lock("l"), segment.counter("c")

    async def main():
        async with lock:
            waits = await waiting(counter.wait_async(0), lock.acquire_async(), lock.acquire_async())
            pid = os.fork()
            if pid == 0:
                for task in waits:
                    task.cancel()
                del waits
                os._exit(0)
            assert os.waitpid(pid, 0)[1] == 0
            counter.add()
            assert await waits[0] is True
        for task in waits[1:]:
            assert await task is True
            lock.release()

    run(main)


def test_a_readonly_attach_waits_too(segment, name):
    counter = segment.counter("c")
    with shoal.open(name, readonly=True) as reader:
        seen = reader["c"]

        async def main():
            task = await waiting(seen.wait_async(0))
            counter.add()
            assert await task is True
            assert await seen.wait_async(1, timeout=0.02) is False

        run(main)


# ---- Sub-interpreters ----------------------------------------------------------------------------

IN_INTERPRETER = """
import asyncio, shoal, threading
from shoal import _aio
seg = shoal.open({name!r})
lock, counter, ready = seg.lock("l"), seg.counter("c"), seg.counter("ready")

async def main():
    assert await lock.acquire_async(timeout=0.02) is False
    waits = [asyncio.ensure_future(counter.wait_async(0)) for _ in range(3)]
    await asyncio.sleep(0.02)
    ready.add()
    assert await asyncio.gather(*waits) == [True] * 3
    async with lock:
        counter.add()

asyncio.run(main())
threads = [thread for thread in threading.enumerate() if thread.name == "shoal-waits"]
assert not any(thread.daemon for thread in threads)
for thread in threads:
    thread.join()
"""


def test_an_interpreter_of_its_own_waits_in_a_thread_of_its_own(segment, name):
    interpreters = pytest.importorskip("_interpreters" if sys.version_info >= (3, 13) else "_xxsubinterpreters")
    lock, counter, ready = segment.lock("l"), segment.counter("c"), segment.counter("ready")
    failures = []

    def other():
        # Before 3.12 an isolated one may have no threads at all.
        made = interpreters.create() if sys.version_info >= (3, 12) else interpreters.create(isolated=False)
        try:
            failures.append(interpreters.run_string(made, IN_INTERPRETER.format(name=name)))
        except BaseException as error:
            failures.append(error)
        finally:
            interpreters.destroy(made)

    with lock:
        worker = threading.Thread(target=other)
        worker.start()
        assert ready.wait(0, 5), failures
        counter.add()
    worker.join(20)
    assert failures == [None] and counter.value == 2 and not lock.locked() and not worker.is_alive()
