"""work(): jobs done in this process, or by a pool of forked workers that is kept alive."""

import os
import signal
import sys
import time

import pytest

import shoal

pytestmark = pytest.mark.filterwarnings("ignore:.*use of fork.*:DeprecationWarning")  # the pool forks, as it says


@pytest.fixture
def jobs(segment):
    return segment.job_queue("jobs")


def shut(queue, *values):
    queue.put_many(values)
    queue.shutdown()
    return queue


def peers(segment):
    return [peer.pid for peer in segment.info().peers]


def die():
    os.kill(os.getpid(), signal.SIGKILL)


def takes_a_while(running, seconds=0.3):
    """Says that it runs, and goes on through signals."""
    running.release()
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(0.01)


# ---- In this process ---------------------------------------------------------------------------------


def test_work_does_job_after_job_until_the_queue_is_shut(jobs):
    jobs.put_many([1, 2, 3, 4, 5])
    jobs.put(6, delay=0.1)
    jobs.shutdown()
    seen, told = [], []
    worked = shoal.work(jobs, lambda value, job: seen.append((value, job.attempt, jobs.taken)), progress=told.append)
    assert seen == [(number, 1, 1) for number in range(1, 7)]
    assert worked == shoal.Worked(done=6, retried=0, dead=0, died=0, running=0, left=0, errors=[]) == told[-1]
    with pytest.raises(shoal.ShutDown):
        jobs.take()


def test_a_function_gets_the_job_if_it_needs_two_arguments(segment):
    seen = []

    class Object:
        def with_job(self, value, job):
            seen.append((value, job.number))

        def __call__(self, value, other="default"):
            seen.append((value, other))

    functions = [Object().with_job, Object(), seen.append, lambda *values: seen.append(values)]
    for number, do in enumerate(functions):
        worked = shoal.work(shut(segment.job_queue(f"jobs {number}"), "x"), do)
        assert worked.done == 1
    assert seen == [("x", 1), ("x", "default"), "x", ("x",)]


def test_what_a_function_raises_is_a_retry_and_told(segment):
    queue = shut(segment.job_queue("twice", attempts=2), "bad", "good", "nasty")

    class Nasty(Exception):
        def __str__(self):
            raise ValueError

    def do(value):
        if value == "bad":
            raise ValueError("no such page")
        if value == "nasty":
            raise Nasty

    worked = shoal.work(queue, do)
    assert (worked.done, worked.retried, worked.dead, worked.left) == (1, 2, 2, 0)
    assert sorted(error.split(".")[-1] for error in worked.errors) == ["Nasty: (which cannot say why)"] * 2 + ["ValueError: no such page"] * 2
    assert sorted((dead.value, dead.reason) for dead in queue.dead) == [("bad", "retried"), ("nasty", "retried")]


def test_the_last_sixteen_errors_are_kept(segment):
    queue = shut(segment.job_queue("many", attempts=1), *range(20))

    def do(value):
        raise KeyError(value)

    worked = shoal.work(queue, do)
    assert worked.dead == 20 and worked.errors == [f"KeyError: {number}" for number in range(4, 20)]


def test_a_job_that_failed_is_tried_again_after_its_delay(jobs):
    times = []

    def do(value):
        times.append(time.monotonic())
        if len(times) < 3:
            raise ValueError("not yet")

    worked = shoal.work(shut(jobs, "x"), do, delay=0.2)
    assert (worked.done, worked.retried) == (1, 2)
    assert times[1] - times[0] > 0.19 and times[2] - times[1] > 0.19


def test_a_function_may_end_the_job_itself(segment):
    queue = shut(segment.job_queue("own", attempts=2), "done", "bury", "retry")

    def do(value, job):
        getattr(job, value)()

    worked = shoal.work(queue, do)
    assert (worked.done, worked.retried, worked.dead) == (1, 1, 2)
    assert sorted(dead.reason for dead in queue.dead) == ["buried", "retried"] and worked.errors == []


def test_a_job_whose_lease_is_over_is_counted_by_who_does_it(segment):
    queue = shut(segment.job_queue("leased", lease=0.05), "x")
    others = []

    def do(value):
        if not others:
            others.append(queue.take(timeout=10))
            others[0].done()

    worked = shoal.work(queue, do)
    assert (worked.done, worked.retried, worked.dead) == (0, 0, 0) and "LockError" in worked.errors[0]


@pytest.mark.parametrize("kind", [SystemExit, KeyboardInterrupt])
def test_what_is_no_exception_goes_on_when_the_job_was_given_back(jobs, kind):
    jobs.put("x")

    def do(value):
        raise kind

    with pytest.raises(kind):
        shoal.work(jobs, do)
    assert len(jobs) == 1 and jobs.taken == 0 and jobs.take().attempt == 2
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_an_exception_of_progress_goes_on(jobs):
    def progress(worked):
        raise RuntimeError("after some")

    with pytest.raises(RuntimeError, match="after some"):
        shoal.work(shut(jobs, 1, 2), lambda value: None, progress=progress)
    assert jobs.taken == 0 and len(jobs) == 1


def test_sigterm_lets_work_finish_its_job(segment, jobs, started):
    jobs.put_many([1, 2, 3])
    running = segment.semaphore("running", 0, bounded=False)
    worker = started(shoal.work, jobs, lambda value: takes_a_while(running))
    assert running.acquire(timeout=10)
    worker.signal(signal.SIGTERM)
    worked = worker.result()
    assert (worked.done, worked.left, len(jobs), jobs.taken) == (1, 2, 2, 0)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_work_that_waits_for_jobs_and_handlers_are_as_before(jobs, started, until, number):
    def work():
        worked = shoal.work(jobs, print)
        return worked.done, signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT) is signal.default_int_handler

    worker = started(work)
    until(lambda: jobs.waiters)
    worker.signal(number)
    assert worker.result() == (0, signal.SIG_DFL, True)


def test_a_handler_of_the_program_goes_before_that_of_work(jobs, started, until):
    def work():
        signal.signal(signal.SIGTERM, lambda number, frame: jobs.shutdown())
        return shoal.work(jobs, print)

    worker = started(work)
    until(lambda: jobs.waiters)
    jobs.put_many([1, 2], delay=0.2)
    worker.signal(signal.SIGTERM)
    assert worker.result().done == 2  # it did not stop: it did what was left


def test_work_in_work_stops_both(segment, jobs, started, until):
    inner = segment.job_queue("inner")
    jobs.put_many([1, 2])

    worker = started(lambda: shoal.work(jobs, lambda value: shoal.work(inner, print)))
    until(lambda: inner.waiters)
    worker.signal(signal.SIGTERM)
    worked = worker.result()
    assert (worked.done, worked.left) == (1, 1)


def test_another_thread_works_until_the_queue_is_shut(jobs, thread):
    seen = []
    assert thread(lambda: shoal.work(shut(jobs, 1, 2), seen.append)).done == 2 and seen == [1, 2]


def test_bad_arguments_are_told_and_change_nothing(segment, jobs):
    async def coroutine(value):
        pass

    jobs.put(1)
    for error, arguments, options in [
        (TypeError, (segment.queue("q"), print), {}),
        (TypeError, (jobs, 5), {}),
        (TypeError, (jobs, coroutine), {}),
        (TypeError, (jobs, print, 1.5), {}),
        (TypeError, (jobs, print), {"delay": "1"}),
        (TypeError, (jobs, print, 0, print), {}),
        (ValueError, (jobs, print, -1), {}),
        (ValueError, (jobs, print, 4097), {}),
        (ValueError, (jobs, print), {"delay": -1}),
        (ValueError, (jobs, print), {"delay": float("nan")}),
    ]:
        with pytest.raises(error):
            shoal.work(*arguments, **options)
    assert len(jobs) == 1 and jobs.take().attempt == 1


# ---- A pool ------------------------------------------------------------------------------------------


def test_a_pool_does_its_jobs_in_several_processes(segment, jobs):
    total, pids, told = segment.counter("total"), segment.array("pids", 100, "i8"), []

    def do(value):
        takes_a_while(segment.semaphore("s", 0, bounded=False), 0.002)
        total.add(value)
        pids[value - 1] = os.getpid()

    worked = shoal.work(shut(jobs, *range(1, 101)), do, 4, progress=told.append)
    assert worked == shoal.Worked(100, 0, 0, 0, 0, 0, []) == told[-1] and total.value == 5050
    workers = {int(pid) for pid in pids}
    assert 1 < len(workers) <= 4 and os.getpid() not in workers and peers(segment) == [os.getpid()]


def test_a_worker_that_dies_is_replaced_and_its_job_goes_to_another_at_once(segment, jobs, until):
    died, again = segment.counter("died"), segment.counter("again")

    def do(value, job):
        if value == "kills" and job.attempt == 1:
            segment["when"] = time.time()
            die()
        if value == "kills":
            segment["later"] = time.time() - segment["when"]
        died.add()

    worked = shoal.work(shut(jobs, "kills", *range(20)), do, 3)
    assert (worked.done, worked.retried, worked.dead, worked.died, worked.left) == (21, 0, 0, 1, 0)
    assert segment["later"] < 0.5 and again.value == 0 and died.value == 21
    [error] = worked.errors
    assert error.startswith("worker ") and error.endswith("was killed by signal 9")


def test_no_job_is_lost_however_workers_end(segment):
    queue = segment.job_queue("q", attempts=0)
    done = segment.array("done", 200, "i8")
    again = segment.array("again", 200, "i8")

    def do(value, job):
        if job.attempt == 1:
            again[value] = 1
            if value % 10 == 3:
                die()
            if value % 10 == 5:
                raise ValueError(value)
            if value % 10 == 7:
                sys.exit(value)
        done[value] += 1

    worked = shoal.work(shut(queue, *range(200)), do, 4)
    assert (worked.done, worked.retried, worked.dead, worked.died, worked.left) == (200, 40, 0, 20, 0)
    assert list(done) == [1] * 200 and sum(again) == 200 and queue.dead == []


def test_exit_and_exceptions_of_a_function_do_not_end_a_pool(segment):
    queue = shut(segment.job_queue("q", attempts=2), "exit", "raises", "interrupts", *range(30))

    def do(value):
        if value == "exit":
            sys.exit(3)
        if value == "raises":
            raise ValueError("thrown")
        if value == "interrupts":
            raise KeyboardInterrupt

    worked = shoal.work(queue, do, 2)
    assert (worked.done, worked.retried, worked.dead, worked.died, worked.left) == (30, 3, 3, 2, 0)
    said = sorted(" ".join(word for word in error.split() if not word.isdigit()) for error in worked.errors)
    assert said == ["KeyboardInterrupt"] * 2 + ["ValueError: thrown"] * 2 + ["worker ended with status"] * 2


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_worker_that_is_told_to_stop_is_replaced(segment, number):
    queue = shut(segment.job_queue("q"), *["stop"] * 3, *range(30))

    def do(value):
        if value == "stop":
            os.kill(os.getpid(), number)

    worked = shoal.work(queue, do, 2)
    assert (worked.done, worked.retried, worked.died, worked.left, worked.errors) == (33, 0, 0, 0, [])


def test_workers_that_die_at_once_are_started_ever_later(segment):
    queue = shut(segment.job_queue("q", attempts=6), "bad")
    start = time.monotonic()
    worked = shoal.work(queue, lambda value: die(), 1)
    assert (worked.died, worked.dead, worked.left) == (6, 1, 0) and queue.dead[0].reason == "died"
    assert time.monotonic() - start > 0.05 + 0.1 + 0.2 + 0.4 + 0.8


def test_sigterm_lets_the_workers_of_a_pool_finish_their_jobs(segment, jobs, started):
    jobs.put_many(range(10))
    running = segment.semaphore("running", 0, bounded=False)
    pool = started(shoal.work, jobs, lambda value: takes_a_while(running, 0.5), 3)
    for _ in range(3):
        assert running.acquire(timeout=10)
    pool.signal(signal.SIGTERM)
    worked = pool.result()
    assert (worked.done, worked.died, worked.running, worked.left) == (3, 0, 0, 7)
    assert (len(jobs), jobs.taken) == (7, 0) and running.value == 0


def test_a_second_signal_ends_the_workers_at_once(segment, jobs, started, until):
    jobs.put("long")
    running, never = segment.event("running"), segment.event("never")

    def work():
        supervisor = os.getpid()

        def do(value):
            running.set()
            while os.getppid() == supervisor:  # no longer than the pool, should that fail
                never.wait(1)

        return shoal.work(jobs, do, 1)

    pool = started(work)
    assert running.wait(10)
    [worker] = set(peers(segment)) - {os.getpid(), pool.pid}
    pool.signal(signal.SIGTERM)
    until(lambda: not is_on_its_way(pool.pid, signal.SIGTERM) and not is_on_its_way(worker, signal.SIGTERM))
    time.sleep(0.2)  # that it does not end by the first one is seen only in time
    assert worker in peers(segment) and not pool.done()
    pool.signal(signal.SIGTERM)
    worked = pool.result()
    assert (worked.died, worked.left) == (1, 1) and worked.errors == [f"worker {worker} was killed by signal 9"]
    assert jobs.take(timeout=1).attempt == 2


def is_on_its_way(pid, number):
    """Is that signal still on its way to the process?"""
    with open(f"/proc/{pid}/status") as file:
        pending = [int(line.split()[1], 16) for line in file if line.startswith(("SigPnd", "ShdPnd"))]
    return any(mask & 1 << number - 1 for mask in pending)


def test_the_workers_of_a_killed_pool_finish_their_jobs_and_leave(segment, jobs, started, until):
    jobs.put_many([1, 2, 3, 4])
    running = segment.semaphore("running", 0, bounded=False)
    pool = started(shoal.work, jobs, lambda value: takes_a_while(running), 2)
    assert running.acquire(timeout=10) and running.acquire(timeout=10)
    pool.kill()
    try:
        until(lambda: peers(segment) == [os.getpid()])
        assert (jobs.taken, len(jobs), jobs.dead) == (0, 2, [])
    finally:
        jobs.shutdown(immediate=True)


def test_an_exception_of_the_progress_of_a_pool_ends_it(segment, jobs):
    def progress(worked):
        raise RuntimeError("after some")

    jobs.put_many(range(100))
    with pytest.raises(RuntimeError, match="after some"):
        shoal.work(jobs, lambda value: time.sleep(0.01), 2, progress=progress)
    assert jobs.taken == 0 and 0 < len(jobs) < 100 and jobs.dead == [] and peers(segment) == [os.getpid()]


def test_a_signals_handler_that_raises_ends_a_pool(segment, jobs, started, until):
    def work():
        def handler(number, frame):
            raise RuntimeError("told to stop")

        signal.signal(signal.SIGUSR1, handler)
        shoal.work(jobs, print, 2)

    pool = started(work)
    until(lambda: len(jobs.waiters) == 2)
    pool.signal(signal.SIGUSR1)
    with pytest.raises(RuntimeError, match="told to stop"):
        pool.result()
    assert set(peers(segment)) <= {os.getpid(), pool.pid}


def test_a_pool_of_another_thread_works_until_the_queue_is_shut(segment, jobs, thread):
    assert thread(lambda: shoal.work(shut(jobs, 1, 2, 3), lambda value: None, 2)).done == 3
    assert peers(segment) == [os.getpid()]


def test_a_program_that_ignores_its_children_has_a_pool(jobs, in_child):
    def work():
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        return shoal.work(shut(jobs, 1, 2, 3), lambda value: None, 2)

    assert in_child(work) == shoal.Worked(3, 0, 0, 0, 0, 0, [])


def test_nothing_of_its_program_is_done_twice_by_the_workers(name, python):
    said = python(
        """
import atexit, os, sys, shoal
me = os.getpid()
atexit.register(lambda: print("the end" if os.getpid() == me else "the end of a worker", flush=True))
with shoal.create(sys.argv[1]) as segment:
    queue = segment.job_queue("q", attempts=2)
    queue.put_many([1, 2])
    queue.shutdown()
    sys.stdout.write("buffered\\n")
    def do(value):
        atexit.register(print, "of the job")
        print("printed")
        sys.exit()
    try:
        worked = shoal.work(queue, do, 1)
        print(worked.retried, worked.dead, worked.died, flush=True)
    finally:
        print("finally" if os.getpid() == me else "finally in a worker", flush=True)
""",
        name,
        environment={"PYTHONUNBUFFERED": ""},
    )
    assert said.split("\n") == ["buffered", *["printed", "of the job"] * 4, "2 2 0", "finally", "the end"]


def test_a_worker_wakes_no_event_loop_of_its_parent(segment, jobs, in_child):
    """asyncio hears signals through a socket, which a fork shares."""

    def work():
        import asyncio

        heard = []

        async def main():
            loop = asyncio.get_running_loop()
            loop.add_signal_handler(signal.SIGTERM, heard.append, "asked to stop")
            worked = shoal.work(shut(jobs, *range(3)), lambda value: os.kill(os.getpid(), signal.SIGTERM), 1)
            await asyncio.sleep(0)
            return worked.done

        return asyncio.run(main()), heard

    assert in_child(work) == (3, [])


class Async:
    async def __call__(self, value):
        pass


def generates(value):
    yield value


@pytest.mark.parametrize("do", [Async(), lambda value: Async()(value), generates], ids=["an object", "a lambda", "a generator"])
def test_what_has_not_run_is_not_done(segment, do):
    queue = shut(segment.job_queue("q", attempts=2), 1)
    worked = shoal.work(queue, do)
    assert (worked.done, worked.retried, worked.dead) == (0, 1, 1) and "of which nothing has run" in worked.errors[0]


def test_an_ignored_signal_stays_ignored(segment):
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        for processes in 0, 2:
            queue = shut(segment.job_queue(f"q {processes}"), *range(20))
            worked = shoal.work(queue, lambda value: os.kill(os.getpid(), signal.SIGINT), processes)
            assert (worked.done, worked.left) == (20, 0) and signal.getsignal(signal.SIGINT) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)
