"""Every other lock in tasks: RWLock, Semaphore, Event, Condition, Barrier, long by their number; test_asyncio.py has what they share."""

import asyncio
import gc
import os
import signal
import threading
import time

import pytest
from kinds import WAITS

import shoal
from shoal import _aio
from test_asyncio import cancelled, run, until, waiting

# ---- Every one: others wake it, cancelling leaves nothing behind --------------------------------------


TASKS = {own: wait for own, wait in WAITS.items() if wait.task}


@pytest.fixture(params=TASKS)
def kind(request):
    return TASKS[request.param]


def waiters(kind, segment):
    return kind.target(segment).waiters


def test_another_process_ends_the_wait(kind, segment, holding):
    go = segment.counter("go")

    def hold():
        kind.hold(segment)
        threading.Thread(target=free).start()

    def free():
        go.wait(0)
        kind.free(segment)

    holding(hold)

    async def main():
        assert await kind.task(segment, timeout=0) is False and await kind.task(segment, timeout=0.02) is False
        task = await waiting(kind.task(segment))
        assert [waiter.pid for waiter in waiters(kind, segment)] == [os.getpid()]
        go.add()
        start = time.monotonic()
        assert await task is True and time.monotonic() - start < 0.08
        kind.undo(segment)
        await until(lambda: waiters(kind, segment) == [])

    run(main)


def test_a_cancelled_wait_leaves_nothing_behind(kind, segment, holding):
    child = holding(kind.hold, segment)

    async def main():
        tasks = await waiting(kind.task(segment), kind.task(segment), kind.task(segment))
        await cancelled(*tasks)
        await until(lambda: waiters(kind, segment) == [])
        for _ in range(5):
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(kind.task(segment), 0.01)
        await until(lambda: waiters(kind, segment) == [] and _aio._sleeper.count == 0)

    run(main)
    child.end()


@pytest.mark.parametrize("own", [own for own in TASKS if TASKS[own].held])
def test_what_a_killed_process_held_comes_to_a_task_within_300_ms(segment, own, holding):
    kind = TASKS[own]
    child = holding(kind.hold, segment)

    async def main():
        task = await waiting(kind.task(segment))
        await asyncio.sleep(0.25)
        os.kill(child.pid, signal.SIGKILL)
        killed = time.monotonic()
        assert await task is True and time.monotonic() - killed < 0.3
        assert kind.told(segment) is kind.tells
        kind.undo(segment)

    run(main)


@pytest.mark.parametrize("own", [own for own in TASKS if TASKS[own].undone])
def test_cancelling_at_the_moment_of_the_release_loses_nothing(segment, own):
    kind = TASKS[own]

    async def main():
        for number in range(60):
            kind.hold(segment)
            tasks = [asyncio.ensure_future(kind.task(segment)) for _ in range(2)]
            await asyncio.sleep(0.001 * (number % 4))
            if number % 2:
                tasks[0].cancel()
            kind.free(segment)
            if not number % 2:
                await asyncio.sleep(0.0002 * (number % 8))
                tasks[0].cancel()
            try:
                if await tasks[0]:
                    kind.undo(segment)
            except asyncio.CancelledError:
                pass
            start = time.monotonic()
            assert await tasks[1] is True and time.monotonic() - start < 0.3
            kind.undo(segment)

    run(main)


@pytest.mark.parametrize("timeout, error", [(-1, ValueError), (float("nan"), ValueError), ("1", TypeError)])
def test_impossible_timeouts_are_refused(kind, segment, timeout, error):
    kind.hold(segment)

    async def main():
        with pytest.raises(error):
            await kind.task(segment, timeout=timeout)

    run(main)


# ---- RWLock --------------------------------------------------------------------------------------


def test_tasks_read_together_and_write_alone(segment):
    rwlock, inside, seen = segment.rwlock("rw"), [], []

    async def reader():
        async with rwlock.read():
            inside.append("r")
            await asyncio.sleep(0.02)
            seen.append(tuple(inside))
            inside.remove("r")

    async def writer():
        async with rwlock.write():
            inside.append("w")
            await asyncio.sleep(0.005)
            assert inside == ["w"]
            inside.remove("w")

    async def main():
        await asyncio.gather(*[reader() for _ in range(5)])
        assert ("r",) * 5 in seen
        await asyncio.gather(*[job() for job in (reader, writer, reader, reader, writer, writer, reader)])
        assert rwlock.readers == [] and rwlock.waiters == []

    run(main)


def test_a_guard_whose_time_is_over_raises_timeout(segment, holding):
    rwlock = segment.rwlock("rw")
    holding(rwlock.read().acquire)

    async def main():
        with pytest.raises(shoal.Timeout):
            async with rwlock.write(timeout=0.02):
                pass
        async with rwlock.read(timeout=5):
            assert len(rwlock.readers) == 2

    run(main)


# ---- Semaphore -----------------------------------------------------------------------------------


def test_as_many_tasks_as_permits(segment):
    semaphore, now, most = segment.semaphore("s", 3), [], []

    async def work():
        async with semaphore:
            now.append(1)
            most.append(len(now))
            await asyncio.sleep(0.005)
            now.pop()

    async def main():
        await asyncio.gather(*[work() for _ in range(12)])
        assert max(most) == 3 and semaphore.value == 3

    run(main)


# ---- Event ---------------------------------------------------------------------------------------


def test_an_event_that_is_set_and_cleared_at_once_wakes_all_tasks_that_waited(segment):
    event = segment.event("e")

    async def main():
        tasks = await waiting(*[event.wait_async() for _ in range(200)])
        event.set()
        event.clear()
        assert await asyncio.gather(*tasks) == [True] * 200
        assert await event.wait_async(timeout=0.01) is False

    run(main)


# ---- Condition -----------------------------------------------------------------------------------


@pytest.fixture
def condition(segment):
    return segment.condition("c", segment.lock("l"))


def test_a_notified_task_goes_on_with_the_lock(segment, condition):
    lock, order = segment.lock("l"), []

    async def wait(number):
        async with lock:
            assert await condition.wait_async() is True
            assert lock.owner.pid == os.getpid()
            order.append(number)

    async def main():
        tasks = []
        for number in range(4):
            tasks.append(await waiting(wait(number)))
        async with lock:
            condition.notify()
            await asyncio.sleep(0.02)
            assert order == []
        await tasks[0]
        async with lock:
            condition.notify(2)
        await asyncio.gather(*tasks[1:3])
        assert order == [0, 1, 2]
        async with lock:
            condition.notify_all()
        await tasks[3]
        assert not lock.locked() and condition.waiters == []
        await until(lambda: _aio._sleeper.count == 0)

    run(main)


def test_a_process_notifies_a_task_and_a_task_a_process(segment, condition, holding):
    lock, turns = segment.lock("l"), segment.counter("turns")

    def other():
        threading.Thread(target=answer).start()

    def answer():
        with lock:
            for _ in range(20):
                condition.wait_for(lambda: turns.value % 2 == 1)
                turns.add()
                condition.notify()

    child = holding(other)

    async def main():
        async with lock:
            for number in range(20):
                turns.add()
                condition.notify()
                assert await condition.wait_for_async(lambda: turns.value % 2 == 0, timeout=10) is True
                assert turns.value == 2 * number + 2

    run(main)
    child.end()


def test_a_wait_that_is_not_notified_in_time_has_the_lock_again(segment, condition):
    lock = segment.lock("l")

    async def main():
        async with lock:
            assert await condition.wait_async(timeout=0.02) is False and lock.locked()
            assert await condition.wait_async(timeout=0) is False and lock.locked()
            assert await condition.wait_for_async(lambda: 0, timeout=0.02) == 0 and lock.locked()
            assert await condition.wait_for_async(lambda: "yes") == "yes"
        assert not lock.locked()

    run(main)


def test_waiting_without_the_lock_is_a_lock_error(condition):
    async def main():
        with pytest.raises(shoal.LockError):
            await condition.wait_async()

    run(main)


def test_a_cancelled_task_takes_the_lock_back_first(segment, condition):
    lock, after = segment.lock("l"), []

    async def wait():
        async with lock:
            try:
                await condition.wait_async()
            finally:
                after.append(lock.locked() and lock.owner.pid == os.getpid())

    async def main():
        task = await waiting(wait())
        assert not lock.locked()
        async with lock:
            task.cancel()
            await asyncio.sleep(0.02)
            task.cancel()  # once more while it waits for the lock
            await asyncio.sleep(0.02)
            assert not task.done() and after == []
        with pytest.raises(asyncio.CancelledError):
            await task
        assert after == [True] and not lock.locked() and condition.waiters == []
        await until(lambda: _aio._sleeper.count == 0)

    run(main)


def test_a_notification_of_a_cancelled_task_goes_to_another(segment, condition):
    lock, notified = segment.lock("l"), []

    async def wait(number):
        async with lock:
            await condition.wait_async()
            notified.append(number)

    async def main():
        for number in range(20):
            first = await waiting(wait(1))
            second = await waiting(wait(2))
            async with lock:
                condition.notify()
                await asyncio.sleep(0.001 * (number % 3))
                first.cancel()
            with pytest.raises(asyncio.CancelledError):
                await first
            await second
        assert notified == [2] * 20

    run(main)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # its `async with` releases a lock in vain
def test_a_waiting_task_that_is_thrown_away_gives_the_condition_up(segment, condition):
    lock = segment.lock("l")

    async def main():
        async with lock:
            await condition.wait_async()

    loop = asyncio.new_event_loop()
    loop.set_exception_handler(lambda loop, context: None)
    task = loop.create_task(main())
    loop.run_until_complete(asyncio.sleep(0.02))
    loop.close()
    deadline = time.monotonic() + 5
    while condition.waiters and time.monotonic() < deadline:
        time.sleep(0.01)
    assert condition.waiters == [] and not lock.locked() and not task.done()
    del task
    gc.collect()


# ---- Barrier -------------------------------------------------------------------------------------


def test_tasks_and_processes_meet(segment, holding):
    barrier, met = segment.barrier("b", 4), segment.counter("met")

    def others():
        threading.Thread(target=meet).start()

    def meet():
        for _ in range(10):
            barrier.wait()
            met.add()

    children = [holding(others) for _ in range(2)]

    async def one():
        return [await barrier.wait_async(timeout=20) for _ in range(10)]

    async def main():
        seen = await asyncio.gather(one(), one())
        for mine, other in zip(*seen):
            assert mine != other and {mine, other} <= {0, 1, 2, 3}
        await until(lambda: met.value == 20)

    run(main)
    for child in children:
        child.end()


def test_a_party_whose_time_is_over_breaks_the_barrier_for_the_others(segment):
    barrier = segment.barrier("b", 3)

    async def main():
        other = await waiting(barrier.wait_async())
        with pytest.raises(shoal.Timeout):
            await barrier.wait_async(timeout=0.02)
        with pytest.raises(shoal.BrokenBarrier):
            await other
        assert barrier.broken

    run(main)


def test_a_cancelled_party_breaks_the_barrier(segment):
    barrier = segment.barrier("b", 3)

    async def main():
        tasks = await waiting(barrier.wait_async(), barrier.wait_async())
        await cancelled(tasks[0])
        with pytest.raises(shoal.BrokenBarrier):
            await tasks[1]
        assert barrier.broken
        barrier.reset()
        tasks = await waiting(barrier.wait_async(), barrier.wait_async())
        barrier.reset()
        for task in tasks:
            with pytest.raises(shoal.BrokenBarrier):
                await task
        assert not barrier.broken

    run(main)


def test_a_killed_party_breaks_the_barrier_for_tasks_within_300_ms(segment, holding):
    barrier = segment.barrier("b", 3)
    child = holding(lambda: threading.Thread(target=barrier.wait, daemon=True).start())

    async def main():
        await until(lambda: barrier.n_waiting == 1)
        task = await waiting(barrier.wait_async())
        await asyncio.sleep(0.25)
        os.kill(child.pid, signal.SIGKILL)
        killed = time.monotonic()
        with pytest.raises(shoal.BrokenBarrier):
            await task
        assert time.monotonic() - killed < 0.3

    run(main)
