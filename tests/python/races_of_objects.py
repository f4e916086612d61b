"""Races for locks and their kin, event loops, processes and modules: kinds of races.py."""

import asyncio
import datetime
import importlib
import os
import pickle
import random
import sys
import threading
import time
import traceback

from race_kinds import allowing, kind

import shoal

# ---- Kinds of objects ----------------------------------------------------------------------------


@kind
def counters(segment, threads):
    counter, done = segment.counter("c"), [0] * threads

    def work(i):
        counter.add(2)
        counter.sub()
        segment.counter("c").add()
        done[i] += 2
        assert counter.wait(-1) and not counter.compare_exchange(-1, 0)

    yield work
    assert counter.value == sum(done)


@kind
def locks(segment, threads):
    lock, reentrant, total, done = segment.lock("l"), segment.lock("r", True), [0, 0], [0] * threads

    def work(i):
        with lock:
            total[0] += 1
        with segment.lock("l"):
            total[0] += 1
        with reentrant, reentrant:
            total[1] += 1
            assert lock.locked() in (True, False) and repr(lock) and reentrant.owner is not None
        if lock.acquire(timeout=0.001):
            lock.release()
        done[i] += 1

    yield work
    assert total == [2 * sum(done), sum(done)] and not lock.locked() and not reentrant.locked()


@kind
def keys(segment, threads):
    locks, again, total, done = segment.locks("keys"), segment.locks("again", True), [0, 0], [0] * threads

    def work(i):
        key = locks["k"]
        with key:
            total[0] += 1
        with locks["k"].read(), locks[f"own {i}"]:
            assert locks[f"own {i}"].owner.pid == os.getpid()
            seen = total[0]
        with again["k"], again["k"]:
            total[1] += 1
        if key.acquire(timeout=0.001):
            key.release()
        done[i] += 1
        assert seen <= sum(done) + threads and repr(key) and list(locks) is not None and len(again) >= 0

    yield work
    assert total == [sum(done), sum(done)] and len(locks) == len(again) == 0


@kind
def rwlocks(segment, threads):
    rw, pair = segment.rwlock("rw"), [0, 0]

    def work(i):
        if i % 4 == 0:
            with rw.write():
                pair[0] += 1
                pair[1] += 1
        else:
            with rw.read() as guard:
                assert pair[0] == pair[1]
                assert rw.readers and repr(guard)
        if rw.write(0.001).acquire():
            rw.downgrade()
            rw.unlock()

    yield work
    assert rw.owner is None and rw.readers == []


@kind
def semaphores(segment, threads):
    semaphore, unbounded, inside = segment.semaphore("s", 3), segment.semaphore("u", 0, bounded=False), segment.counter("in")

    def work(i):
        with semaphore:
            assert 1 <= inside.add() <= 3
            inside.sub()
        unbounded.release()
        assert unbounded.acquire()
        assert semaphore.holders is not None and 0 <= semaphore.value <= 3

    yield work
    assert semaphore.value == 3 and unbounded.value == 0


@kind
def events(segment, threads):
    event = segment.event("e")

    def work(i):
        if i % 2:
            event.set()
            event.clear()
        else:
            event.wait(0.001)
            event.is_set()
            repr(event)

    yield work


@kind
def streams(segment, threads):
    stream = segment.stream("st", 4096)
    shared, sent, got = stream.reader(), [0] * threads, [[] for _ in range(threads)]

    def work(i):
        sent[i] += 1
        stream.send({"from": i, "text": "x" * (sent[i] % 300)})
        for place in (stream, shared, segment.stream("st").reader(True)):
            try:
                value = place.read(0)
            except shoal.Timeout:
                continue
            assert value["text"] == "x" * len(value["text"])
            if place is shared:
                got[i].append(value)
        assert repr(shared) and shared.missed >= 0 and shared.number >= 0 and stream.oldest <= stream.newest + 1

    yield work
    while True:
        try:
            shared.read(0)
            got[0].append(None)
        except shoal.Timeout:
            break
    assert stream.newest == sum(sent) == sum(map(len, got)) + shared.missed


@kind
def channels(segment, threads):
    channel, values = segment.channel("ch", (8, 8), "i8", slots=16), segment.channel("v", bytes=256, slots=16, history=4)
    shared = iter(channel)
    channel.send(0)

    def work(i):
        with channel.write() as frame:
            if frame is not None:
                frame[...] = i
        values.send({"who": i})
        frame = segment["ch"].read(copy=i % 2 == 0)
        assert frame.array.min() == frame.array.max() and frame.array[1:].sum() == 56 * frame.array[0, 0] and repr(frame)
        assert set(values.read().value) == {"who"} and values.read(max(1, values.newest - 2), 0.01) is not False
        other = shared._attempt() or frame
        assert other.number > 0 and other.missed >= 0 and channel.missed >= 0 and repr(channel) and channel.dropped >= 0
        writer = channel.write()
        if i % 3 == 0 and writer.__enter__() is not None:
            writer.__exit__(ValueError, ValueError(), None)

    yield work
    assert channel.newest > 0 and channel.send(1) and channel.read().array.sum() == 64


@kind
def conditions(segment, threads):
    lock = segment.lock("l")
    condition, items = segment.condition("c", lock), []
    put, got = [0] * threads, [0] * threads

    def work(i):
        if i % 2:
            with condition:
                items.append(i)
                put[i] += 1
                condition.notify()
        else:
            with condition:
                if condition.wait_for(lambda: items, 0.01):
                    items.pop()
                    got[i] += 1
        assert isinstance(segment["c"].lock, shoal.Lock)

    yield work
    assert sum(put) - sum(got) == len(items) and not lock.locked()


@kind
def queues(segment, threads):
    queue, put, got = segment.queue("q", 4096), [0] * threads, [0] * threads

    @allowing(shoal.Full, shoal.Empty)
    def work(i):
        if i % 2:
            put[i] += queue.put_many([i, b"x" * 100], timeout=0.01)
            queue.put([i], timeout=0.01)
            put[i] += 1
        else:
            got[i] += len(segment.queue("q").get_many(5, timeout=0.01))
            queue.get(timeout=0.01)
            got[i] += 1
        assert repr(queue) and queue.waiters is not None and 0 <= queue.used <= 4096

    yield work
    assert sum(put) - sum(got) == len(queue)


@kind
def loans(segment, threads):
    queue = segment.queue("q", "1M")

    @allowing(shoal.Full, shoal.Empty)
    def work(i):
        loan = queue.loan(2000)
        loan.fill(i)
        queue.put(loan, timeout=0.01)
        array = queue.get(timeout=0.01)
        assert array[0] == array[1999]

    yield work


@kind
def job_queues(segment, threads):
    jobs, done = segment.job_queue("j", attempts=0), [0] * threads

    @allowing(shoal.Empty)
    def work(i):
        jobs.put([i], timeout=1)
        done[i] -= 1
        with jobs.take(timeout=0.01) as job:
            assert job.value and repr(job)
        done[i] += 1
        jobs.take(timeout=0.01)  # dropped: tried again
        assert repr(jobs) and jobs.waiters is not None

    yield work
    assert sum(done) + len(jobs) == 0 == jobs.taken


@kind
def a_job_of_all(segment, threads):
    jobs, ended = segment.job_queue("j"), []
    shared = [None]

    def work(i):
        if shared[0] is None and i == 0:
            jobs.put(1)
            shared[0] = jobs.take()
        job = shared[0]
        try:
            if job is not None:
                job.done()
                ended.append(job.number)
                shared[0] = None
        except shoal.LockError:
            pass

    yield work
    assert len(ended) == len(set(ended))


@kind
def barriers(segment, threads):
    made = [segment.barrier(f"b{i // 2}", 2) for i in range(threads)]

    @allowing(shoal.Timeout, shoal.BrokenBarrier)
    def work(i):
        barrier = made[i]
        if barrier.broken:
            barrier.reset()
        assert barrier.wait(0.05) in (0, 1)
        assert barrier.parties == 2 and repr(barrier) and barrier.n_waiting in (0, 1) and barrier.holders is not None

    yield work


@kind
def barriers_made_and_dropped(segment, threads):
    kept = []

    def work(i):
        made = [segment.barrier(f"b{random.randrange(5)}", 2) for _ in range(5)]
        kept.append(made.pop())
        random.shuffle(made)
        made.clear()
        del kept[: len(kept) // 2]

    yield work


@kind
def barriers_left(segment, threads):
    barrier = [segment.barrier("b", 2)]

    @allowing(shoal.Closed, shoal.BrokenBarrier, shoal.Timeout)
    def work(i):
        if i == 0:
            barrier[0] = segment.barrier("b", 2)
            shoal._leave._leave_barriers()
            time.sleep(0.0005)
        else:
            mine = barrier[0]
            repr(mine)
            segment.barrier(f"mine {i}", 1).wait(1)
            mine.name, mine.parties, mine.waiters, mine.holders
            pickle.loads(pickle.dumps(mine)).abort()
            mine.reset()
            mine.wait(0.001)

    yield work


# ---- What is made at the first use ----------------------------------------------------------------


@kind
def first_uses(segment, threads):
    import numpy

    meeting = threading.Barrier(threads)
    fresh, when = [None], datetime.datetime.now(datetime.timezone.utc)

    def import_anew():
        for name in [name for name in sys.modules if name.split(".")[0] == "shoal"]:
            del sys.modules[name]
        fresh[0] = importlib.import_module("shoal").open(segment.name)

    def work(i):
        meeting.wait()
        if i == 0:
            import_anew()
        meeting.wait()
        mine = fresh[0]
        steps = [
            lambda: mine.info(), lambda: mine.__setitem__(f"t{i}", when), lambda: mine.array("a", 5).dtype,
            lambda: mine.__setitem__(f"n{i}", numpy.float64(i)), lambda: asyncio.run(mine.lock("l").acquire_async(timeout=0)),
            lambda: mine.barrier("b", 1).wait(1), lambda: mine["nt"],
        ]  # fmt: skip
        for step in random.sample(steps, len(steps)):
            try:
                step()
            except (KeyError, RuntimeError):  # not there; this thread has the lock, or another of its modules has
                pass
        lock = mine.lock("l")
        if lock.owner is not None and lock.owner.thread == threading.get_native_id():
            lock.release()

    segment["nt"] = when
    work.together = True
    yield work


# ---- asyncio -------------------------------------------------------------------------------------


@kind
def event_loops(segment, threads):
    lock, semaphore, event = segment.lock("l"), segment.semaphore("s", 2), segment.event("e")
    condition, total, done = segment.condition("c", segment.lock("cl")), [0], [0] * threads

    async def task(i):
        async with lock:
            total[0] += 1
        done[i] += 1
        async with semaphore:
            await asyncio.sleep(0)
        event.set()
        await event.wait_async(timeout=1)
        async with condition:
            condition.notify()
            await condition.wait_async(timeout=0.001)
        await segment.counter("n").wait_async(-1)

    async def tasks(i):
        await asyncio.gather(*(task(i) for _ in range(3)))

    def work(i):
        asyncio.run(tasks(i))

    yield work
    assert total[0] == sum(done) and not lock.locked()


@kind
def event_loops_closed_while_tasks_wait(segment, threads):
    event, lock = segment.event("never"), segment.lock("l")

    async def start(loop):
        tasks = [loop.create_task(event.wait_async()), loop.create_task(event.wait_async(timeout=0.01)),
                 loop.create_task(lock.acquire_async())]  # fmt: skip
        await asyncio.sleep(random.choice([0, 0.002]))
        return tasks

    def work(i):
        if i == 0:
            if lock.acquire(timeout=0.01):
                lock.release()
            return
        loop = asyncio.new_event_loop()
        tasks = loop.run_until_complete(start(loop))
        for each in tasks:
            each._log_destroy_pending = False
        loop.close()
        for each in tasks:
            if each.done() and not each.cancelled() and each.get_name() and each.result() is True and lock.locked():
                try:
                    lock.release()
                except shoal.LockError:
                    pass

    yield work


# ---- Processes, modules --------------------------------------------------------------------------


@kind
def forks(segment, threads):
    counter, barrier, lock = segment.counter("c"), segment.barrier("b", 1), segment.lock("l")
    children = [0]

    def child():
        segment["child"] = os.getpid()
        counter.add()
        with lock:
            repr(barrier), segment.info()
        shoal._leave._leave_barriers()

    def work(i):
        if i > 0:
            segment["v"] = [i] * 10
            with lock:
                counter.value
            segment.barrier(f"b{i}", 1).wait(1)
            return
        pid = os.fork()
        if pid == 0:
            try:
                child()
                os._exit(0)
            finally:
                traceback.print_exc()
                os._exit(1)
        children[0] += 1
        assert os.waitpid(pid, 0)[1] == 0

    yield work
    assert counter.value == children[0] > 0


@kind
def errors(segment, threads):
    segment["value"] = 1

    def work(i):
        for name in (f"missing {i}", f"absent {i}"):
            try:
                segment[name]
            except shoal.NotFound as error:
                assert name in str(error)
            try:
                segment[name] = [object()]
            except TypeError as error:
                assert "[0]" in str(error)
        try:
            segment.lock("value")
        except shoal.TypeMismatch as error:
            assert "value" in str(error)

    yield work


@kind
def multiprocessing_objects(segment, threads):
    from shoal.compat import multiprocessing as compat

    lock, value, done = compat.RLock(segment=segment), compat.Value("q", 0, segment=segment), [0] * threads
    condition, semaphore = compat.Condition(segment=segment), compat.Semaphore(1, segment=segment)

    def work(i):
        with lock, lock:
            pass
        with value:
            value.value += 1
        done[i] += 1
        with condition:
            condition.notify_all()
        with semaphore:
            repr((lock, semaphore))
        compat.RawArray("d", 3, segment=segment)[0] = i
        compat.Event(segment=segment).set()

    yield work
    assert value.value == sum(done)
