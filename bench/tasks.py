"""What waiting in tasks of asyncio costs, beside a blocking wait and a thread per waiter: python bench/tasks.py [ROUNDS]"""

import asyncio
import os
import resource
import sys
import threading
import time

import shoal

TASKS = 100
TURNS = 5
IDLE = 3.0  # seconds


def other(segment, rounds, pause):
    """A process that answers each change of `ask` with one of `answer`, and says when."""
    ask, answer, stamp = segment.counter("ask"), segment.counter("answer"), segment.array("stamp", 1, "f8")
    pid = os.fork()
    if pid == 0:
        try:
            for number in range(rounds):
                ask.wait(number, 60)
                time.sleep(pause)  # the other side sleeps by then
                stamp[0] = time.perf_counter()
                answer.add()
        finally:
            os._exit(0)
    return pid


def latencies(wait, rounds, pause=0.001):
    """Seconds from the change in another process to the end of `await wait(answer, number)`."""
    with shoal.create(size="1M") as segment:
        pid = other(segment, rounds, pause)
        ask, answer, stamp = segment.counter("ask"), segment.counter("answer"), segment.array("stamp", 1, "f8")

        async def main():
            found = []
            for number in range(rounds):
                ask.add()
                await wait(answer, number)
                found.append(time.perf_counter() - stamp[0])
            return sorted(found)

        found = asyncio.run(main())
        os.waitpid(pid, 0)
        return found


async def in_a_task(counter, number):
    await counter.wait_async(number)


async def blocking(counter, number):
    counter.wait(number)


async def in_an_executor(counter, number):
    await asyncio.get_running_loop().run_in_executor(None, counter.wait, number)


def used():
    times = resource.getrusage(resource.RUSAGE_SELF)
    return times.ru_utime + times.ru_stime


def idle(open_waits):
    """CPU time of this process as a share of one CPU, and its other threads, while that many tasks wait for nothing."""

    async def main(segment):
        tasks = [asyncio.ensure_future(wait) for wait in open_waits(segment)]
        await asyncio.sleep(0.5)
        before, extra = used(), threading.active_count() - 1
        await asyncio.sleep(IDLE)
        share = (used() - before) / IDLE
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return share, extra

    time.sleep(0.6)  # the waiting thread of the one before ends
    with shoal.create(size="8M") as segment:
        segment.lock("lock").acquire()
        return asyncio.run(main(segment))


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    waits = {"blocking wait": blocking, "await": in_a_task, "run_in_executor": in_an_executor}
    best = {}
    for _ in range(TURNS):  # in turn, so that others on the machine disturb all alike
        for name, wait in waits.items():
            found = latencies(wait, rounds)
            figures = found[rounds // 2], found[rounds * 99 // 100]
            best[name] = min(best.get(name, figures), figures)
    print(f"woken by another process, {rounds} times, the best of {TURNS} turns, microseconds")
    for name, (median, most) in best.items():
        print(f"  {name:<16} median {median * 1e6:6.0f}   99 % {most * 1e6:6.0f}")
    print(f"{TASKS} tasks that wait for nothing")
    for name, open_waits in (
        ("no task", lambda segment: []),
        ("for one event", lambda segment: [segment.event("e").wait_async() for _ in range(TASKS)]),
        ("for a counter each", lambda segment: [segment.counter(f"c{i}").wait_async(0) for i in range(TASKS)]),
        ("for one lock", lambda segment: [segment.lock("lock").acquire_async() for _ in range(TASKS)]),
    ):
        share, threads = idle(open_waits)
        print(f"  {name:<20} {share * 100:5.2f} % of a CPU, {threads} threads beside the loop's")


if __name__ == "__main__":
    main()
