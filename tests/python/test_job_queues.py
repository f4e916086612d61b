"""JobQueue: what only it does. What it has in common with other kinds is in test_kinds.py and test_waits.py."""

import asyncio
import gc
import os
import signal
import time

import numpy as np
import pytest

import shoal

PROMPTLY = 0.3


@pytest.fixture
def jobs(segment):
    return segment.job_queue("jobs")


def state(jobs):
    return len(jobs), jobs.delayed, jobs.taken, len(jobs.dead)


def test_a_job_is_done_after_its_block_and_tried_again_after_an_exception(jobs):
    jobs.put({"a": 1})
    with pytest.raises(ZeroDivisionError):
        with jobs.take() as job:
            assert job.value == {"a": 1} and job.attempt == 1 and job.number == 1 and job.priority == 0 and job.queue == jobs
            assert abs(job.put_at - time.time()) < 60 and state(jobs) == (0, 0, 1, 0)
            1 / 0
    with jobs.take() as job:
        assert job.attempt == 2 and "attempt 2" in repr(job)
    assert state(jobs) == (0, 0, 0, 0) and "over" in repr(job) and job.value == {"a": 1}
    with pytest.raises(shoal.LockError):
        job.done()


def test_what_was_ended_in_the_block_is_left_as_it_is(jobs):
    jobs.put_many([1, 2, 3])
    with jobs.take() as job:
        job.done()
    with jobs.take() as job:
        job.retry(delay=60)
    with jobs.take() as job:
        job.bury()
    assert state(jobs) == (0, 1, 0, 1) and jobs.dead[0].reason == "buried"


def test_a_job_that_is_dropped_is_tried_again(jobs):
    jobs.put(1)
    job = jobs.take()
    del job
    job = jobs.take()
    assert job.attempt == 2
    jobs.put([])
    other = jobs.take()
    other.value.append(other)  # only the collector finds it
    del other
    gc.collect()
    assert state(jobs) == (1, 0, 1, 0)
    job.done()


def test_the_job_of_a_worker_that_dies_is_taken_by_the_next_at_once(jobs, holding, started, until):
    jobs.put("x")
    kept = []
    child = holding(lambda: kept.append(jobs.take()))
    waiter = started(lambda: (jobs.take(timeout=10).attempt, time.monotonic()))
    until(lambda: len(jobs.waiters) == 1)
    killed = time.monotonic()
    child.kill()
    attempt, when = waiter.result()
    assert attempt == 2 and when - killed < PROMPTLY


def test_a_job_that_kills_its_workers_ends_among_the_dead(segment, die):
    jobs = segment.job_queue("deadly", attempts=2)
    jobs.put(["poison", "x" * 20000], priority=2)
    kept = []
    for _ in range(2):
        die(lambda: kept.append(jobs.take()))
    with pytest.raises(shoal.Empty):
        jobs.take(False)
    [dead] = jobs.dead
    assert isinstance(dead, shoal.DeadJob) and dead.value == ["poison", "x" * 20000] and dead.reason == "died"
    assert dead.attempts == 2 and dead.pid not in (0, os.getpid()) and dead.priority == 2 and abs(dead.since - time.time()) < 60
    assert jobs.revive(dead.number + 1) == 0 == jobs.drop(99) and jobs.revive(dead.number) == 1
    assert jobs.take().attempt == 1
    assert jobs.drop() == 0


def test_a_lease_that_is_over_gives_the_job_to_another(segment):
    jobs = segment.job_queue("leased", lease=0.05)
    assert jobs.lease == 0.05
    jobs.put(1)
    first = jobs.take()
    second = jobs.take(timeout=5)
    assert second.attempt == 2
    for end in (first.done, first.retry, first.bury):
        with pytest.raises(shoal.LockError):
            end()
    with pytest.raises(shoal.LockError):
        with first:
            pass


def test_higher_priorities_come_first_and_delays_are_kept(jobs):
    jobs.put("later", delay=0.2)
    jobs.put_many(["a", "b"])
    jobs.put("first", priority=3)
    jobs.put_nowait("second", priority=1)
    assert jobs.peek() == "first"
    order = [jobs.take(False) for _ in range(4)]
    assert [job.value for job in order] == ["first", "second", "a", "b"]
    start = time.monotonic()
    assert jobs.take(timeout=5).value == "later" and time.monotonic() - start < 2


def test_join_waits_until_all_is_done(jobs, thread, started):
    assert jobs.join() and jobs.join(0)
    jobs.put(1)
    assert jobs.join(0.05) is False
    job = jobs.take()
    assert jobs.join(timeout=0) is False
    child = started(jobs.join)
    job.done()
    assert child.result() is True


def test_a_shut_queue_gives_out_what_it_has(jobs):
    jobs.put_many([1, 2])
    jobs.shutdown()
    with pytest.raises(shoal.ShutDown):
        jobs.put(3)
    jobs.take().done()
    job = jobs.take()
    with pytest.raises(shoal.Empty):
        jobs.take(False)  # it may come back
    job.done()
    with pytest.raises(shoal.ShutDown):
        jobs.take()
    assert jobs.is_shutdown


def test_purge_and_an_immediate_shutdown_drop_what_nobody_has(jobs):
    jobs.put_many([1, 2, 3])
    job = jobs.take()
    jobs.put(4, delay=60)
    assert jobs.purge() == 3 and state(jobs) == (0, 0, 1, 0)
    jobs.put(5)
    jobs.shutdown(immediate=True)
    assert state(jobs) == (0, 0, 1, 0)
    job.done()


def test_a_forked_child_has_none_of_the_jobs(jobs, in_child):
    jobs.put("x" * 20000)
    job = jobs.take()

    def use():
        with pytest.raises(shoal.LockError):
            job.done()
        return job.value == "x" * 20000

    assert in_child(use) and jobs.taken == 1
    job.done()


def test_values_of_all_sizes_and_arrays(jobs):
    for value in (None, 0, "ü" * 9000, b"x" * 500000, [{"a": [1.5]}]):
        jobs.put(value)
        with jobs.take() as job:
            assert job.value == value
    jobs.put(np.arange(20000))
    with jobs.take() as job:
        array = job.value
    assert isinstance(array, shoal.NdArray) and array.sum() == sum(range(20000))


def test_as_many_as_fit_are_put_before_the_time_is_over(segment):
    jobs = segment.job_queue("small", 4096)
    count = jobs.put_many((b"x" * 500 for _ in range(100)), timeout=0.05)
    assert 0 < count < 10 and len(jobs) == count
    with pytest.raises(shoal.Full):
        jobs.put(b"x" * 500, False)
    with pytest.raises(ValueError):
        jobs.put(b"x" * 5000)


def test_tasks_put_take_and_join(jobs):
    async def work():
        taking = asyncio.create_task(jobs.take_async())
        await asyncio.sleep(0.02)
        await jobs.put_async("v", priority=1, delay=0)
        job = await asyncio.wait_for(taking, 5)
        joining = asyncio.create_task(jobs.join_async())
        await asyncio.sleep(0.02)
        assert job.value == "v" and not joining.done()
        async with job:
            pass
        assert await asyncio.wait_for(joining, 5) is True
        await jobs.put_async("w")
        with pytest.raises(ZeroDivisionError):
            async with jobs.take_async() as job:
                1 / 0
        async with jobs.take_async(timeout=1) as job:
            assert job.attempt == 2
        with pytest.raises(shoal.Empty):
            await jobs.take_async(timeout=0.05)

    asyncio.run(work())
    assert state(jobs) == (0, 0, 0, 0)


def test_a_task_that_is_cancelled_takes_nothing(jobs):
    async def cancelled():
        tasks = [asyncio.create_task(jobs.take_async()) for _ in range(5)]
        await asyncio.sleep(0.02)
        for task in tasks[1:]:
            task.cancel()
        jobs.put(1)
        return (await asyncio.wait_for(tasks[0], 5)).value

    assert asyncio.run(cancelled()) == 1


def test_killed_workers_lose_no_job(segment, started):
    jobs, done = segment.job_queue("storm", attempts=0), segment.counter("done")
    jobs.put_many(range(300))

    def work():
        while True:
            with jobs.take(timeout=20):
                done.add()

    for _ in range(15):
        workers = [started(work) for _ in range(2)]
        time.sleep(0.01)
        for worker in workers:
            os.kill(worker.pid, signal.SIGKILL)
            worker.kill()
    while not jobs.empty():
        with jobs.take(timeout=5):
            done.add()
    assert jobs.join(5) and done.value >= 300 and jobs.dead == []


def test_the_time_that_an_iterator_takes_counts(segment):
    queue = segment.job_queue("q")

    def slow():
        for i in range(1000):
            time.sleep(0.02)
            yield i

    start = time.monotonic()
    put = queue.put_many(slow(), timeout=0.3)
    assert time.monotonic() - start < 1 and 0 < put < 100 and len(queue) == put


def test_no_dead_job_is_revived_after_an_immediate_shutdown(segment):
    queue = segment.job_queue("q")
    queue.put(1)
    queue.take().bury()
    queue.shutdown(immediate=True)
    for number in None, queue.dead[0].number:
        with pytest.raises(shoal.ShutDown):
            queue.revive(number)
    assert (len(queue), len(queue.dead), queue.join(timeout=1)) == (0, 1, True)
    assert queue.drop() == 1 and queue.dead == []
