"""Kinds of use by many threads at once, each in a process of its own: races.py KIND [--seconds S] [--threads N]; --list.

A kind is a generator: it yields what each thread does over and over, called with the thread's number, and looks at what
came of it when they have ended. tests/python/test_races.py runs all of them, with the GIL and without it.
"""

import argparse
import asyncio
import copy
import datetime
import gc
import importlib
import os
import pickle
import random
import sys
import threading
import time
import traceback
import weakref

import shoal

KINDS = {}
BIG = 1 << 18  # bytes, from which on the binding gives up the GIL to copy


def kind(function):
    KINDS[function.__name__] = function
    return function


def allowing(*exceptions):
    """For what may be refused, because another thread has closed or replaced it just now."""
    def wrap(work):
        def call(i):
            try:
                work(i)
            except exceptions:
                pass
        return call
    return wrap


# ---- Values --------------------------------------------------------------------------------------


@kind
def values(segment, threads):
    def work(i):
        segment["shared"] = {"i": i, "text": "x" * i, "list": [i] * i}
        read = segment["shared"]
        assert read == {"i": read["i"], "text": "x" * read["i"], "list": [read["i"]] * read["i"]}
        segment[f"own {i}"] = i
        assert segment[f"own {i}"] == i and segment.get("nobody's") is None and f"own {i}" in segment

    yield work
    assert set(segment.keys()) == {"shared", *(f"own {i}" for i in range(threads))}


@kind
def large_values(segment, threads):
    kinds = [lambda i: bytes([i]) * (BIG + i), lambda i: chr(97 + i) * (BIG + i), lambda i: ["ü" * BIG, i]]

    def work(i):
        segment["v"] = random.choice(kinds)(i)
        read = segment["v"]
        assert len(set(read)) == (2 if isinstance(read, list) else 1)

    yield work


@kind
def removed_and_made_anew(segment, threads):
    @allowing(shoal.NotFound, shoal.TypeMismatch)
    def work(i):
        name = f"n{random.randrange(3)}"
        step = random.randrange(7)
        if step == 0:
            del segment[name]
        elif step == 1:
            segment[name] = [i]
        elif step == 2:
            segment.counter(name).add()
        elif step == 3:
            segment.lock(name).acquire(timeout=0) and segment.lock(name).release()
        elif step == 4:
            segment.array(name, 10)[i % 10] = i
        elif step == 5:
            repr(segment[name])
        else:
            repr(segment.get(name))

    def without_lock_errors(i):
        try:
            work(i)
        except shoal.LockError:
            pass  # it was another lock of that name that was taken

    yield without_lock_errors


# ---- What is stored changes meanwhile ------------------------------------------------------------


@kind
def a_dict_changes(segment, threads):
    shared = {f"k{i}": i for i in range(20)}

    def work(i):
        if i % 2:
            for k in range(20):
                shared[f"k{k}"] = [i, object.__new__(object).__class__.__name__]
            shared.pop(f"k{i}", None)
            shared[f"k{i}"] = i
            shared[f"new{i}"] = "x" * 100
            del shared[f"new{i}"]
        else:
            try:
                segment["v"] = shared
            except RuntimeError as error:
                assert "changed size while it was stored" in str(error)
            else:
                assert set(segment["v"]) >= {"k0"}

    yield work


@kind
def a_list_changes(segment, threads):
    shared = [str(i) for i in range(50)]

    def work(i):
        if i % 2:
            shared.append(["new", str(i)])
            shared[random.randrange(40)] = str(time.monotonic())
            shared[:] = [str(i) for i in range(50)]
            shared.pop()
        else:
            try:
                segment["v"] = shared
            except RuntimeError as error:
                assert "changed size while it was stored" in str(error)

    yield work


@kind
def a_nested_value_changes(segment, threads):
    inner, outer = {"a": 1}, []
    outer += [inner, inner, [inner]]

    def work(i):
        if i % 2:
            inner[f"{i}"] = [i] * 10
            outer.append({"inner": inner})
            inner.pop(f"{i}", None)
            del outer[3:]
        else:
            try:
                segment["v"] = {"outer": outer, "again": outer, "tuple": (inner, outer)}
            except RuntimeError as error:
                assert "changed size while it was stored" in str(error)

    yield work


@kind
def bytes_that_many_store(segment, threads):
    array, view = bytearray(b"x" * 1000), memoryview(bytearray(b"y" * 1000))

    def work(i):
        segment[f"a{i}"], segment[f"v{i}"] = array, view
        assert segment[f"a{i}"] == b"x" * 1000 and segment[f"v{i}"] == b"y" * 1000
        segment[f"odd{i}"] = view[::2]

    yield work
    array.append(1)  # nobody holds it any more


@kind
def a_list_assigned_to_an_array_changes(segment, threads):
    array = segment.array("a", (4, 5))
    rows = [[float(i)] * 5 for i in range(4)]

    def work(i):
        if i % 2:
            rows[random.randrange(4)] = [float(i)] * 5
            rows[0][random.randrange(5)] = float(i)
            rows[1][:] = [float(i)] * 5
        else:
            try:
                array[...] = rows
            except (RuntimeError, shoal.TypeMismatch):
                pass

    yield work


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


# ---- Arrays --------------------------------------------------------------------------------------


@kind
def arrays(segment, threads):
    import numpy  # noqa: F401 -- not at the first look at a dtype

    array = segment.array("a", (threads, 64))

    def work(i):
        row = segment["a"][i]
        row[...] = float(i)
        row[3:5] = [float(i)] * 2
        assert row.sum() == 64 * i and row.tolist() == [i] * 64
        assert array[i, 0] == i and array[i].shape == (64,) and array.dtype == "float64"
        segment[f"copy {i}"] = row
        assert len(segment[f"copy {i}"]) == 64
        copy.copy(row[::2])

    yield work


@kind
def exports(segment, threads):
    import numpy

    array = segment.array("a", (threads, 16), "i8")

    def work(i):
        row = array[i]
        with memoryview(row) as view:
            view[0] = i
        numpy.asarray(row)[1:] = i
        assert numpy.from_dlpack(row).sum() == 16 * i and row.__array_interface__["shape"] == (16,)
        row.__dlpack__()
        row.__dlpack__(max_version=(1, 0), copy=True)
        segment[f"n{i}"] = numpy.arange(i + 1)
        assert segment[f"n{i}"].sum() == i * (i + 1) // 2

    yield work


@kind
def an_iterator_is_shared(segment, threads):
    array = segment.array("a", 1000, "i8")
    array[...] = list(range(1000))
    rows = segment.array("rows", (100, 2))
    shared, seen = [iter(array), iter(rows)], [[] for _ in range(threads)]
    names = [iter(segment)]

    def work(i):
        seen[i] += list(shared[0])
        for row in shared[1]:
            assert row.shape == (2,)
        list(names[0])
        shared[0].__length_hint__()
        if i == 0:
            shared[1], names[0] = iter(rows), iter(segment)
        copy.copy(iter(array))

    yield work
    assert sorted(sum(seen, [])) == list(range(1000))


# ---- Segments ------------------------------------------------------------------------------------


@kind
def closed_while_it_is_used(segment, threads):
    steps = [
        lambda s: s["v"], lambda s: s["big"], lambda s: s.get("none"), lambda s: s.__setitem__("w", [1, 2]),
        lambda s: s.__setitem__("big", b"x" * BIG), lambda s: "v" in s, len, lambda s: s.keys(), list, lambda s: s.info(),
        lambda s: s.check(), lambda s: (s.size, s.used, s.readonly, s.closed, s.name), repr, lambda s: s.fileno(),
        lambda s: pickle.dumps(s), lambda s: s.array("a", 5)[0], lambda s: s["a"].sum(), lambda s: s.counter("c").add(),
        lambda s: s.lock("l"), lambda s: s.rwlock("rw").read(), lambda s: s.semaphore("s"), lambda s: s.event("e").set(),
        lambda s: s.condition("cond", s.lock("l")), lambda s: s.barrier("b", 2), lambda s: s.__setitem__("d", 1) or s.__delitem__("d"),
        lambda s: s.__enter__(), lambda s: shoal.backup(s, os.devnull)
    ]  # fmt: skip

    def made(i):
        return shoal.open(segment.name) if i % 2 else shoal.create(None, "2M")

    shared = [made(0), made(1)]

    @allowing(shoal.Closed, shoal.AlreadyExists, shoal.NotFound, shoal.TypeMismatch)
    def work(i):
        if i < 2:
            before, shared[i] = shared[i], made(i)
            before.close()
            before.close()
            assert before.closed
            return
        mine = random.choice(shared)
        random.choice(steps)(mine)
        for _ in range(20):
            mine.used, "v" in mine, mine.get("v"), len(mine)

    yield work


@kind
def made_opened_and_unlinked(segment, threads):
    def work(i):
        name = f"{segment.name}-{i}"
        with shoal.create(name, "1M") as made:
            made["i"] = i
            with shoal.open(name) as again:
                assert again["i"] == i
            array = made.array("a", 10)
            shoal.segments()
        array[0] = i
        shoal.unlink(name)
        anonymous = shoal.create(None, "1M")
        anonymous["x"] = i
        assert pickle.loads(pickle.dumps(anonymous))["x"] == i

    yield work


@kind
def facts_while_all_changes(segment, threads):
    lock, rw = segment.lock("l"), segment.rwlock("rw")

    def work(i):
        if i % 2:
            with lock, rw.write():
                segment[f"v{i}"] = i
        else:
            info = segment.info()
            assert len(info.peers) == 1 and segment.check() == []
            [owner.alive for owner in rw.waiters + lock.waiters]
            repr((lock.owner, rw.owner, rw.readers))

    yield work


@kind
def handles_pickled(segment, threads):
    lock = segment.lock("l")
    handles = [segment, segment.counter("c"), lock, segment.rwlock("rw"), segment.rwlock("rw").read(), segment.semaphore("s"),
               segment.event("e"), segment.condition("cond", lock), segment.barrier("b", 2), segment.array("a", 5)[1:]]  # fmt: skip

    def work(i):
        for handle in handles:
            assert type(pickle.loads(pickle.dumps(handle))) is type(handle)

    yield work


@kind
def handles_dropped_while_weakly_held(segment, threads):
    slots = [None] * 4

    def work(i):
        place = random.randrange(4)
        if i % 2:
            made = random.choice([lambda: segment.lock("l"), lambda: segment.counter("c"), lambda: segment.array("a", 5),
                                  lambda: segment.barrier("b", 2), lambda: shoal.open(segment.name)])()  # fmt: skip
            slots[place] = weakref.ref(made)
            cycle = [made]
            cycle.append(cycle)
        else:
            handle = slots[place] and slots[place]()
            if handle is not None:
                repr(handle)
        if random.random() < 0.01:
            gc.collect()

    yield work
    gc.collect()


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


# ---- Running -------------------------------------------------------------------------------------


def race(name, threads, seconds):
    """The exceptions of one run; where threads go through it together, all end after the same round."""
    failures, rounds = [], [0] * threads
    segment = shoal.create(f"race-{name}-{os.getpid()}-{threading.get_native_id()}", "64M")
    generator = KINDS[name](segment, threads)
    work, begin, over = next(generator), threading.Barrier(threads), threading.Event()
    together = threading.Barrier(threads) if getattr(work, "together", False) else None

    def run(i):
        try:
            begin.wait()
            deadline = time.monotonic() + seconds
            while not (over.is_set() and rounds[i]):
                work(i)
                rounds[i] += 1
                if time.monotonic() >= deadline and (together is None or i == 0):
                    over.set()
                if together:
                    together.wait()
        except BaseException:
            failures.append(traceback.format_exc())
            over.set()
            if together:
                together.abort()

    workers = [threading.Thread(target=run, args=(i,)) for i in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    try:
        if not failures and next(generator, None) is not None:
            failures.append("it goes on")
        if not failures and segment.check() != []:
            failures.append(f"{segment.check()}")
    except BaseException:
        failures.append(traceback.format_exc())
    segment.unlink()
    return failures, rounds


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("kind", nargs="?", choices=sorted(KINDS))
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--threads", type=int, default=8)
    options = parser.parse_args()
    if options.list:
        print(*KINDS)
        return 0
    sys.setswitchinterval(1e-5)
    gil = getattr(sys, "_is_gil_enabled", lambda: True)
    before = gil()
    failures, rounds = race(options.kind, options.threads, options.seconds)
    print(*failures, sep="\n", file=sys.stderr)
    print(f"{options.kind}: {sum(rounds)} rounds, GIL {'on' if gil() else 'off'}, {len(failures)} failures")
    return 1 if failures or gil() != before else 0


if __name__ == "__main__":
    sys.exit(main())
