"""Waiting in tasks: nothing blocks the loop, nothing is left behind, whoever is cancelled, killed or closed."""

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time

import pytest

import shoal
from shoal import _aio


def run(main):
    """The coroutine function in a loop of its own; a hang is a failure."""
    return asyncio.run(asyncio.wait_for(main(), 30), debug=False)  # debugging makes a loop slow


async def until(condition, seconds=5.0):
    """Wait for what is on its way in another thread or process."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come"
        await asyncio.sleep(0.002)


async def waiting(*coroutines):
    """Tasks of them that have begun to wait."""
    tasks = [asyncio.ensure_future(coroutine) for coroutine in coroutines]
    await asyncio.sleep(0.02)
    assert not any(task.done() for task in tasks)
    return tasks if len(tasks) > 1 else tasks[0]


async def cancelled(*tasks):
    for task in tasks:
        task.cancel()
    assert all(isinstance(end, asyncio.CancelledError) for end in await asyncio.gather(*tasks, return_exceptions=True))
    await until(lambda: _aio._sleeper.count == 0)
    assert _aio._lines == {}


def waiting_threads():
    return [thread for thread in threading.enumerate() if thread.name == "shoal-waits"]


# ---- Lock ----------------------------------------------------------------------------------------


def test_a_free_lock_is_taken_without_a_thread(segment):
    lock = segment.lock("l")

    async def main():
        before = threading.active_count()
        assert await lock.acquire_async() is True and lock.locked()
        assert lock.release() is None and not lock.locked()
        assert await lock.acquire_async(timeout=0) is True
        lock.release()
        assert threading.active_count() == before

    run(main)


def test_async_with_gives_the_lock_itself_and_gives_it_back(segment):
    lock = segment.lock("l")

    async def main():
        async with lock as held:
            assert held is lock and lock.locked() and not held.recovered
        assert not lock.locked()
        with pytest.raises(ZeroDivisionError):
            async with lock:
                1 / 0
        assert not lock.locked()

    run(main)


def test_a_timeout_is_kept_and_the_loop_goes_on_meanwhile(segment, holding):
    lock = segment.lock("l")
    holding(lock.acquire)

    async def main():
        for timeout in (0.25, 0.03, 0):
            ticks, start = [], time.monotonic()
            ticking = asyncio.ensure_future(tick(ticks))
            assert await lock.acquire_async(timeout=timeout) is False
            assert timeout <= time.monotonic() - start < timeout + 0.5
            ticking.cancel()
            assert len(ticks) >= timeout / 0.1
        await until(lambda: _aio._sleeper.count == 0)

    async def tick(ticks):
        while True:
            await asyncio.sleep(0.005)
            ticks.append(1)

    run(main)


def test_tasks_take_turns_first_come_first_served(segment):
    lock, order = segment.lock("l"), []

    async def one(number):
        async with lock:
            order.append(number)
            await asyncio.sleep(0)

    async def main():
        async with lock:
            tasks = [asyncio.ensure_future(one(number)) for number in range(100)]
            await asyncio.sleep(0.05)
            assert order == []
            assert _aio._sleeper.count <= 1  # one of them waits for the lock, the others for their turn
        await asyncio.gather(*tasks)
        assert order == list(range(100)) and not lock.locked() and _aio._lines == {}

    run(main)


def test_tasks_threads_and_processes_exclude_each_other(segment, holding):
    lock, array = segment.lock("l"), segment.array("a", 2, "i8")

    def bump():
        value = array[0]
        array[1] = value
        array[0] = array[1] + 1

    async def work():
        for _ in range(100):
            async with lock:
                bump()
                await asyncio.sleep(0)

    async def tasks():
        await asyncio.gather(*[work() for _ in range(3)])

    def plain():
        for _ in range(300):
            with lock:
                bump()

    children = [holding(lambda: run(tasks)), holding(plain)]
    threads = [threading.Thread(target=run, args=(tasks,)), threading.Thread(target=plain)]
    for worker in threads:
        worker.start()
    for worker in threads + children:
        worker.join() if isinstance(worker, threading.Thread) else worker.end()
    assert array[0] == 4 * 300 and not lock.locked()


def test_any_thread_of_the_process_may_release_what_a_task_took(segment, thread):
    lock = segment.lock("l")

    async def main():
        await lock.acquire_async()
        assert lock.owner.pid == os.getpid() and lock.owner.thread == 0

    run(main)
    thread(lambda: lock.release() or True)
    assert not lock.locked()


def test_a_process_killed_while_its_tasks_wait_or_wake_up_keeps_nobody_from_the_lock(segment):
    lock = segment.lock("l")

    async def tasks():
        await asyncio.gather(*[lock.acquire_async() for _ in range(5)])

    for number in range(10):
        lock.acquire()
        pid = os.fork()
        if pid == 0:
            run(tasks)
        deadline = time.monotonic() + 10
        while not lock.waiters and time.monotonic() < deadline:
            time.sleep(0.001)
        assert [waiter.pid for waiter in lock.waiters] == [pid]
        if number % 2:
            os.kill(pid, signal.SIGKILL)
        lock.release()
        time.sleep(0.0003 * number)
        os.kill(pid, signal.SIGKILL)
        killed = time.monotonic()
        assert lock.acquire(timeout=20) and time.monotonic() - killed < 0.3
        os.waitpid(pid, 0)
        lock.release()
        assert lock.waiters == []


def test_a_strict_lock_raises_in_the_task_until_repair(segment, die):
    strict = segment.lock("l", strict=True)
    die(strict.acquire)

    async def main():
        with pytest.raises(shoal.OwnerDied):
            await strict.acquire_async()
        with pytest.raises(shoal.OwnerDied):
            async with strict:
                pass
        strict.repair()
        async with strict:
            assert not strict.recovered

    run(main)


# ---- Nothing is left behind ----------------------------------------------------------------------


def test_a_cancelled_task_leaves_nothing_behind(segment, holding):
    lock = segment.lock("l")
    child = holding(lock.acquire)

    async def main():
        tasks = await waiting(*[lock.acquire_async() for _ in range(5)])
        tasks[0].cancel()
        tasks[2].cancel()
        await asyncio.sleep(0.05)
        assert [task.cancelled() for task in tasks] == [True, False, True, False, False]
        await until(lambda: _aio._sleeper.count == 1)
        os.kill(child.pid, signal.SIGKILL)
        assert await tasks[1] is True
        await cancelled(*tasks[3:])
        lock.release()
        assert lock.waiters == []

    run(main)


def test_a_wake_up_is_not_lost_with_the_task_that_it_was_for(segment, holding):
    """Cancelled in the moment of the release, again and again: who waits next is woken, and does not wait for a slice."""
    lock, turn, taken = segment.lock("l"), segment.counter("turn"), segment.array("taken", 1, "f8")
    rounds = 60

    def other():
        threading.Thread(target=take_each_round, daemon=True).start()

    def take_each_round():
        for number in range(rounds):
            turn.wait(2 * number)
            lock.acquire()
            taken[0] = time.monotonic()
            lock.release()
            turn.add()

    async def main():
        late = []
        for number in range(rounds):
            await lock.acquire_async()
            task = await waiting(lock.acquire_async())
            turn.add()  # the other waits too, after us
            await until(lambda: len(lock.waiters) == 2)
            released = time.monotonic()
            if number % 2:
                task.cancel()
                lock.release()
            else:
                lock.release()
                task.cancel()
            try:
                if await task:
                    lock.release()
            except asyncio.CancelledError:
                pass
            await turn.wait_async(2 * number + 1)
            late.append(taken[0] - released)
        assert sorted(late)[rounds * 9 // 10] < 0.05, late

    holding(other)
    run(main)
    assert not lock.locked()


def test_what_a_task_took_is_never_lost_between_the_lock_and_the_task(segment):
    """The lock comes free and the task is cancelled in the same turn of the loop, in either order."""
    lock = segment.lock("l")

    async def main():
        for number in range(100):
            await lock.acquire_async()
            task = asyncio.ensure_future(lock.acquire_async())
            await asyncio.sleep(0.001 * (number % 3))
            lock.release()
            if number % 2:
                await asyncio.sleep(0)
            task.cancel()
            try:
                got = await task
            except asyncio.CancelledError:
                got = False
            assert lock.locked() is got
            if got:
                lock.release()

    run(main)


def test_a_turn_that_came_to_a_cancelled_task_goes_to_the_next(segment):
    lock = segment.lock("l")

    async def main():
        for steps in range(4):
            async with lock:
                tasks = await waiting(*[lock.acquire_async() for _ in range(3)])
                tasks[0].cancel()
                for _ in range(steps):
                    await asyncio.sleep(0)
                tasks[1].cancel()
            assert await tasks[2] is True and tasks[0].cancelled() and tasks[1].cancelled()
            lock.release()
            assert _aio._lines == {}

    run(main)


def test_a_closed_loop_leaves_nothing_behind(segment):
    lock = segment.lock("l")
    loop = asyncio.new_event_loop()
    loop.set_exception_handler(lambda loop, context: None)  # "Task was destroyed but it is pending"
    lock.acquire()
    tasks = [loop.create_task(lock.acquire_async()) for _ in range(3)]
    loop.run_until_complete(asyncio.sleep(0.05))
    assert len(_aio._lines) == 1 and len(lock.waiters) == 1
    loop.close()
    del tasks
    deadline = time.monotonic() + 5
    while (_aio._sleeper.count or _aio._lines) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert _aio._sleeper.count == 0 and _aio._lines == {} and lock.waiters == []
    lock.release()
    with lock:
        pass


def test_the_thread_ends_when_nobody_waits_and_comes_back(segment):
    counter = segment.counter("c")

    async def main():
        for value in range(2):
            task = await waiting(counter.wait_async(value))
            assert len(waiting_threads()) == 1 and waiting_threads()[0].daemon
            counter.add()
            assert await task is True
            await until(lambda: not waiting_threads())

    run(main)


def test_a_program_ends_cleanly_while_tasks_wait(segment, name, python):
    code = """
import asyncio, shoal, sys
seg = shoal.open(sys.argv[1])
lock, counter = seg.lock("l"), seg.counter("c")
async def main():
    tasks = [asyncio.ensure_future(lock.acquire_async()), asyncio.ensure_future(counter.wait_async(0))]
    await asyncio.sleep(0.05)
    {end}
{start}
print("end")
"""
    with segment.lock("l"):
        for end, start in (
            ("return", "asyncio.run(main())"),
            ("return tasks", "loop = asyncio.new_event_loop(); tasks = loop.run_until_complete(main())"),
            ("sys.exit(print('end'))", "asyncio.run(main())"),
        ):
            done = subprocess.run(
                [sys.executable, "-c", code.format(end=end, start=start), name], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                timeout=30, universal_newlines=True,
            )  # fmt: skip
            errors = [line for line in done.stderr.splitlines() if "Fatal" in line or "Exception ignored" in line]
            assert done.returncode == 0 and done.stdout == "end\n" and errors == [], done.stderr
    assert segment.lock("l").waiters == []


def test_ctrl_c_ends_a_program_whose_task_waits(segment, name):
    code = """
import asyncio, shoal, sys
lock = shoal.open(sys.argv[1]).lock("l")
async def main():
    print("ready", flush=True)
    async with lock:
        pass
try:
    asyncio.run(main())
except KeyboardInterrupt:
    while lock.waiters:  # the other thread is at it
        pass
    print("interrupted")
"""
    with segment.lock("l"):
        child = subprocess.Popen([sys.executable, "-c", code, name], stdout=subprocess.PIPE)
        assert child.stdout.readline() == b"ready\n"
        time.sleep(0.1)
        child.send_signal(signal.SIGINT)
        sent = time.monotonic()
        assert child.communicate(timeout=20)[0] == b"interrupted\n"
        assert time.monotonic() - sent < 5 and child.returncode == 0
