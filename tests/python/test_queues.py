"""Queue: what only it does. What it has in common with other kinds is in test_kinds.py and test_waits.py."""

import asyncio
import gc
import itertools
import os
import pickle
import queue as standard
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

import shoal


@pytest.fixture
def queue(segment):
    return segment.queue("q")


VALUES = [
    None, True, 0, -5, 2**62, 1.5, "", "x", "Grüße", "ü" * 20000, "y" * 400000, b"", b"\0\xff", b"z" * 9000, b"z" * 400000,
    [], [1, [2, {"a": None}]], {"a": 1, 2: "b"}, ["x" * 20000, {"k": b"y" * 9000}],
]  # fmt: skip


def test_what_goes_in_comes_out_in_order(queue, in_child):
    for value in VALUES[:-1]:
        queue.put(value)
    assert queue.qsize() == len(queue) == len(VALUES) - 1 and queue.used > 0
    for value in VALUES[:-1]:
        got = queue.get()
        assert got == value and type(got) is type(value)
    queue.put(VALUES[-1])
    assert in_child(queue.get) == VALUES[-1] and queue.empty() and queue.used == 0


def test_values_go_between_processes(segment, started):
    there, back = segment.queue("there"), segment.queue("back")

    def answer():
        for value in there:
            back.put([value, os.getpid()])

    child = started(answer)
    for i in range(200):
        there.put(i)
    assert [back.get(timeout=5) for _ in range(200)] == [[i, child.pid] for i in range(200)]
    there.shutdown()
    child.result()


def test_the_exceptions_are_those_of_the_module_queue(queue):
    assert issubclass(shoal.Full, (standard.Full,)) and issubclass(shoal.Full, shoal.Error)
    assert issubclass(shoal.Empty, (standard.Empty,)) and issubclass(shoal.Empty, shoal.Error)
    assert not hasattr(standard, "ShutDown") or issubclass(shoal.ShutDown, standard.ShutDown)
    with pytest.raises(standard.Empty) as caught:
        queue.get_nowait()
    assert type(caught.value) is shoal.Empty and "is empty" in str(caught.value)
    assert type(pickle.loads(pickle.dumps(caught.value))) is shoal.Empty
    with pytest.raises(standard.Full):
        while True:
            queue.put_nowait(b"x" * 1000)


def test_no_import_of_threading_before_a_queue_is_opened():
    code = "import sys, shoal; shoal.create(size='4M').channel('c', (4,), 'u1'); print(sorted({'queue', 'threading'} & set(sys.modules)))"
    said = subprocess.run([sys.executable, "-S", "-c", code], check=True, capture_output=True, text=True, env={"PYTHONPATH": ":".join(sys.path)})
    assert said.stdout == "[]\n"
    code = "import shoal\ntry: shoal.create(size='4M').queue('q').get(False)\nexcept shoal.Empty as error:\n import queue; print(isinstance(error, queue.Empty))"
    said = subprocess.run([sys.executable, "-S", "-c", code], check=True, capture_output=True, text=True, env={"PYTHONPATH": ":".join(sys.path)})
    assert said.stdout == "True\n"


def test_a_shut_queue_gives_what_is_there_and_then_says_so(queue):
    assert queue.put_many([1, 2, 3]) == 3
    queue.shutdown()
    assert queue.is_shutdown and "shut down" in repr(queue)
    for put in (lambda: queue.put(4), lambda: queue.put_nowait(4), lambda: queue.put_many([4])):
        with pytest.raises(shoal.ShutDown):
            put()
    assert queue.get() == 1 and list(queue) == [2, 3]
    with pytest.raises(shoal.ShutDown):
        queue.get()
    with pytest.raises(shoal.ShutDown):
        queue.get_many(2)


def test_an_immediate_shutdown_drops_what_is_there_and_ends_all_waits(segment, queue, started, until):
    other = segment.queue("other")
    waits = [started(lambda: next(iter(other), "the end")) for _ in range(2)]
    until(lambda: len(other.waiters) == 2)
    other.shutdown()
    assert [wait.result() for wait in waits] == ["the end"] * 2
    queue.put_many([b"x" * 100, b"y" * 20000])
    queue.shutdown(immediate=True)
    assert len(queue) == 0
    with pytest.raises(shoal.ShutDown):
        queue.get(False)


def test_many_are_put_and_got(queue):
    assert queue.put_many(iter(range(2000))) == 2000 and queue.put_many([]) == 0
    assert queue.get_many(1) == [0] and queue.get_many(1000) == list(range(1, 1001))
    assert queue.get_many(max=10**6, timeout=1) == list(range(1001, 2000))
    with pytest.raises(shoal.Empty):
        queue.get_many(5, timeout=0.05)
    with pytest.raises(shoal.Empty):
        queue.get_many(5, block=False)


def test_as_many_as_fit_are_put_before_the_time_is_over(segment):
    queue = segment.queue("small", 4096)
    start = time.monotonic()
    count = queue.put_many((b"x" * 500 for _ in range(100)), timeout=0.1)
    assert 0 < count < 10 and 0.1 <= time.monotonic() - start < 2 and len(queue) == count
    assert queue.put_many([b"x" * 500], timeout=0) == 0


def test_of_a_list_with_what_cannot_be_stored_nothing_is_put(queue):
    with pytest.raises(TypeError, match="set"):
        queue.put_many([1, 2, {3}])
    assert queue.empty()


def test_more_than_the_capacity_is_refused_at_once(segment):
    queue = segment.queue("small", 4096)
    for value in (b"x" * 4096, "x" * 10**6, [0] * 10**5, np.zeros(1000)):
        with pytest.raises(ValueError, match="never fit"):
            queue.put(value)
    assert queue.empty() and queue.used == 0


@pytest.mark.parametrize("array", [
    np.arange(5), np.arange(20000.0).reshape(100, 200), np.zeros((3, 0)), np.arange(40000)[::2], np.array(2.5), np.ones(3000, "S7"),
    np.arange(30000, dtype=">i4"), np.ones((50, 50), "c16").T,
])  # fmt: skip
def test_arrays_come_out_as_arrays(queue, array):
    queue.put(array)
    got = queue.get()
    assert isinstance(got, shoal.NdArray) and np.array_equal(got, array) and got.shape == array.shape
    assert np.asarray(got).dtype == array.dtype.newbyteorder("=") and not got.readonly
    queue.put([array])
    assert np.array_equal(queue.get()[0], array)


def test_a_large_array_is_not_copied_when_it_is_got_and_is_freed_with_its_last_view(segment, queue):
    before = segment.info().used
    queue.put(np.arange(100000))
    got = queue.get()
    assert queue.used == 0 and segment.info().used >= before + 800000
    view = np.asarray(got)[10:20]
    del got, queue
    del segment["q"]
    gc.collect()
    view += 1
    assert view.tolist() == list(range(11, 21)) and segment.info().used >= 800000
    del view
    assert segment.info().used < 400000 or segment.queue("again").capacity  # warm memory is given back in two seconds
    assert segment.check() == []


def test_an_array_that_was_got_outlives_its_segment():
    with shoal.create(size="8M") as segment:
        queue = segment.queue("q")
        queue.put(np.arange(50000))
        got = queue.get()
        del queue
    assert got.sum() == sum(range(50000)) and pickle.loads(pickle.dumps(got))[7] == 7


def test_a_loan_is_filled_and_put_without_a_copy(segment, queue):
    loan = queue.loan((100, 200), "f4")
    assert "loan" in repr(loan) and loan.shape == (100, 200)
    np.asarray(loan)[:] = 7
    where = np.asarray(loan).__array_interface__["data"][0]
    queue.put(loan)
    for touch in (lambda: loan[0, 0], lambda: loan.sum(), lambda: memoryview(loan), lambda: queue.put(loan)):
        with pytest.raises(shoal.Closed, match="was put"):
            touch()
    got = queue.get()
    assert np.all(np.asarray(got) == 7) and np.asarray(got).__array_interface__["data"][0] == where
    del loan, got
    assert segment.check() == []


def test_a_loan_that_finds_no_room_can_be_put_again(segment):
    queue = segment.queue("small", 40000)
    first, second = queue.loan(4000), queue.loan(4000)
    first.fill(1)
    second.fill(2)
    queue.put(first)
    with pytest.raises(shoal.Full):
        queue.put(second, timeout=0.05)
    assert second[0] == 2
    assert queue.get()[0] == 1
    queue.put(second)
    assert queue.get()[3999] == 2


def test_a_part_of_a_loan_and_a_loan_of_another_queue_are_copied(segment, queue):
    loan = queue.loan(5000)
    loan.fill(3)
    queue.put(loan[10:20])
    segment.queue("other").put(loan)
    assert queue.get().tolist() == [3.0] * 10 and segment.queue("other").get().sum() == 15000 and loan[0] == 3


def test_a_forked_child_does_not_touch_what_its_parent_got(queue, in_child):
    queue.put(np.arange(10000))
    got, loan = queue.get(), queue.loan(10)

    def touch():
        said = []
        for array in (got, loan):
            try:
                array[0]
            except shoal.Closed as error:
                said.append("parent" in str(error))
        return said

    assert in_child(touch) == [True, True] and got[5] == 5


def test_what_a_dead_process_had_got_or_lent_is_given_back(segment, queue, die, until):
    queue.put(np.arange(100000))
    die(lambda: (queue.get(), queue.loan(50000)).__len__())
    assert queue.empty() and segment.check() == []
    queue.put(1)
    assert queue.get() == 1


def test_a_message_of_a_dead_producer_stays(queue, die):
    die(lambda: queue.put_many(["a", b"x" * 50000]))
    assert queue.get() == "a" and queue.get() == b"x" * 50000


def test_full_names_a_stopped_process_or_goes_on(queue, started):
    """Producers beside one that is stopped: each put ends within its timeout."""
    child = started(lambda: [queue.put(i, timeout=5) for i in range(10**6) if not queue.full() or queue.get_many(10**5)])
    for _ in range(20):
        os.kill(child.pid, signal.SIGSTOP)
        start = time.monotonic()
        try:
            queue.put("mine", timeout=0.1)
        except shoal.Full:
            pass
        assert time.monotonic() - start < 1
        os.kill(child.pid, signal.SIGCONT)
    child.kill()


def test_queue_says_jobs(segment):
    jobs = segment.queue("jobs", jobs=True, attempts=5)
    assert type(jobs) is shoal.JobQueue and jobs.attempts == 5 and type(segment.queue("jobs")) is shoal.JobQueue
    assert type(segment.queue("plain")) is shoal.Queue
    for name, said in (("jobs", False), ("plain", True)):
        with pytest.raises(shoal.TypeMismatch):
            segment.queue(name, jobs=said)
    with pytest.raises(ValueError, match="jobs=True"):
        segment.queue("plain", attempts=5)


def test_an_existing_queue_is_opened_as_it_is(segment):
    assert segment.queue("q", "64K").capacity == 65536 == segment.queue("q").capacity
    with pytest.raises(shoal.TypeMismatch):
        segment.queue("q", "1M")


# ---- Tasks -------------------------------------------------------------------------------------------


def test_tasks_put_and_get(segment):
    queue, got = segment.queue("small", 1024), []

    async def produce():
        for i in range(500):
            await queue.put_async([i, b"x" * 50])
        queue.shutdown()

    async def consume():
        async for i, _ in queue:
            got.append(i)

    async def all_of_them():
        await asyncio.wait_for(asyncio.gather(produce(), consume(), consume()), 30)
        with pytest.raises(shoal.ShutDown):
            await queue.get_async()

    asyncio.run(all_of_them())
    assert sorted(got) == list(range(500))


def test_a_task_that_is_cancelled_takes_nothing(segment, queue):
    async def cancelled():
        tasks = [asyncio.create_task(queue.get_async()) for _ in range(5)]
        await asyncio.sleep(0.02)
        for task in tasks[1:]:
            task.cancel()
        queue.put_many([1, 2])
        assert await asyncio.wait_for(tasks[0], 5) == 1
        assert await queue.get_async(timeout=5) == 2

    asyncio.run(cancelled())
    assert queue.empty()


def test_tasks_time_out(segment):
    queue = segment.queue("small", 128)

    async def timed():
        for wait, error in ((lambda: queue.get_async(timeout=0.05), shoal.Empty), (lambda: queue.put_async(b"x" * 100, timeout=0.05), shoal.Full)):
            start = time.monotonic()
            with pytest.raises(error):
                await wait()
            assert 0.05 <= time.monotonic() - start < 1
            queue.put(b"x" * 100) if error is shoal.Empty else None
        loan = queue.loan(2)
        loan.fill(5)
        putting = asyncio.create_task(queue.put_async(loan))
        await asyncio.sleep(0.02)
        queue.get()
        await asyncio.wait_for(putting, 5)
        assert (await queue.get_async()).tolist() == [5.0, 5.0]

    asyncio.run(timed())
    with pytest.raises(ValueError):
        queue.get_async(timeout=-1)


def test_what_a_slow_iterator_gives_is_there_at_once_and_its_time_counts(queue):
    seen = []

    def slow():
        for i in range(1000):
            seen.append(len(queue))
            time.sleep(0.02)
            yield i

    start = time.monotonic()
    put = queue.put_many(slow(), timeout=0.3)
    assert time.monotonic() - start < 1 and 0 < put < 100
    assert queue.get_many(1000, False) == list(range(put)) and seen == list(range(put))
    seen.clear()
    values = slow()
    assert queue.put_many(value for value, _ in zip(values, range(10))) == 10 and seen[:10] == list(range(10))


class Stops(BaseException):
    pass


@pytest.mark.parametrize("error", [OSError, Stops])
def test_what_came_before_an_exception_of_an_iterator_is_put(queue, error):
    def failing():
        yield "a"
        yield "b"
        raise error("the source is gone")

    with pytest.raises(error):
        queue.put_many(failing())
    assert queue.get_many(10, False) == ["a", "b"]
    with pytest.raises(TypeError):
        queue.put_many(iter([1, 2, object(), 3]))
    assert queue.get_many(10, False) == [1, 2]
    small = error is Stops
    queue.put_many([bytes(200000)] * 5)
    if small:  # waits for no room
        with pytest.raises(error):
            queue.put_many(itertools.chain([bytes(150000)], failing()))


WITHOUT_FILES = """
import resource, shoal
segment = shoal.create(size="1M")
queue, jobs = segment.queue("queue", "4K"), segment.job_queue("jobs", "4K")
resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))
for ask in queue.get, jobs.take:
    try:
        ask(timeout=0)
    except shoal.Empty as error:
        print(type(error).__name__)
try:
    jobs.put(bytes(5000), timeout=0)
except ValueError as error:
    print(type(error).__name__)
jobs.put(bytes(3000))
try:
    jobs.put(bytes(3000), timeout=0)
except shoal.Full as error:
    print(type(error).__name__)
"""


def test_a_process_that_can_open_no_file_gets_the_errors_of_a_queue():
    done = subprocess.run([sys.executable, "-c", WITHOUT_FILES], stdout=subprocess.PIPE, text=True, timeout=60)
    assert done.returncode == 0 and done.stdout.split() == ["Empty", "Empty", "ValueError", "Full"]
