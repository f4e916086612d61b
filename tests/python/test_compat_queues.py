"""What the queues of shoal.compat do beyond the standard library's: any process, any pickle, any death."""

import gc
import multiprocessing as standard
import os
import pickle
import queue as standard_queue
import signal
import subprocess
import sys
import threading
import time

import pytest
from conftest import die_with_parent

from shoal.compat import multiprocessing as ours
from shoal.compat import queue as queues
from shoal.compat._place import own_segment, program_segment

METHODS = ("fork", "spawn", "forkserver")
KINDS = (ours.Queue, ours.JoinableQueue, ours.SimpleQueue, queues.Queue, queues.LifoQueue, queues.PriorityQueue, queues.SimpleQueue)
LIMITED = (ours.Queue, ours.JoinableQueue, queues.Queue, queues.LifoQueue, queues.PriorityQueue)
WITH_TASKS = (ours.JoinableQueue, queues.Queue, queues.LifoQueue, queues.PriorityQueue)


def killed(pid):
    assert os.waitpid(pid, 0)[1] == signal.SIGKILL


def forked(do):
    """A child that does it, and then waits for its end."""
    pid = os.fork()
    if pid == 0:
        try:
            die_with_parent()
            do()
            while True:
                signal.pause()
        finally:
            os._exit(1)
    return pid


def kill(pid):
    os.kill(pid, signal.SIGKILL)
    killed(pid)


# ---- Which processes -------------------------------------------------------------------------------


def work(tasks, numbers, results):
    for task in iter(tasks.get, None):
        results.put((task, numbers.get(timeout=20)))
        tasks.task_done()


@pytest.mark.parametrize("kind", WITH_TASKS[:2])
@pytest.mark.parametrize("method", METHODS)
def test_they_are_arguments_of_processes(method, kind):
    context = standard.get_context(method)
    tasks, numbers, results = kind(), ours.Queue(3), ours.SimpleQueue()
    workers = [context.Process(target=work, args=(tasks, numbers, results)) for _ in range(2)]
    for worker in workers:
        worker.start()
    for number in range(10):
        tasks.put(number)
    for number in range(10):
        numbers.put(number, timeout=20)
    tasks.join()
    pairs = [results.get() for _ in range(10)]
    assert sorted(task for task, _ in pairs) == sorted(number for _, number in pairs) == list(range(10))
    for _ in workers:
        tasks.put(None)
    for worker in workers:
        worker.join(20)
        assert worker.exitcode == 0
    tasks.join()  # they have ended without task_done() for the last
    assert tasks.empty() and tasks._handle._left == 0


STRANGER = """
import pickle, sys
for queue in pickle.load(sys.stdin.buffer):
    queue.put(queue.get() + 1)
"""


def test_a_process_of_other_descent_has_them_from_a_pickle():
    made = [kind() for kind in KINDS]
    for number, queue in enumerate(made):
        queue.put(number)
    subprocess.run([sys.executable, "-c", STRANGER], input=pickle.dumps(made), check=True, timeout=60)
    assert [queue.get() for queue in made] == list(range(1, len(KINDS) + 1))


@pytest.mark.parametrize("kind", KINDS)
def test_named_ones_are_met_by_name_and_stay(kind, segment, name):
    arguments = (2,) if kind in LIMITED else ()
    queue = kind(*arguments, segment=segment, name="q")
    queue.put("one")
    again = kind(*arguments, segment=name, name="q")
    again.put("two")
    if kind in LIMITED:
        with pytest.raises(standard_queue.Full):
            queue.put("three", False)
    assert {queue.get(), queue.get()} == {"one", "two"} and again.empty()
    assert again.name == "q" and again.segment.name == name
    del queue, again
    gc.collect()
    assert "q" in segment


def test_nameless_ones_go_with_the_object_that_made_them():
    gc.collect()
    before = {*own_segment(), *program_segment()}
    made = [kind(3) if kind in LIMITED else kind() for kind in KINDS]
    for queue in made:
        queue.put(1)
    assert len({*own_segment(), *program_segment()}) > len(before) + 7
    copies = pickle.loads(pickle.dumps(made))
    del made, queue
    gc.collect()
    assert {*own_segment(), *program_segment()} == before
    assert [copy.get() for copy in copies] == [1] * len(KINDS)  # who has one open keeps it


# ---- Who dies --------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_killed_process_put_is_there(kind, die):
    queue = kind()
    die(lambda: [queue.put(number) for number in range(3)])
    assert sorted(queue.get() for _ in range(3)) == [0, 1, 2]


@pytest.mark.parametrize("kind", KINDS)
def test_a_getter_that_is_killed_before_it_has_the_value_leaves_it_to_the_next(kind, die):
    """Between the take of the job and its end: the only place where the value is in nobody's hands."""
    queue = kind()
    queue.put("value")

    def get():
        if kind in (queues.LifoQueue, queues.PriorityQueue):
            queue._newest()
            os.kill(os.getpid(), signal.SIGKILL)
        job = queue._take(True, None)
        assert job.value
        os.kill(os.getpid(), signal.SIGKILL)

    die(get)
    start = time.monotonic()
    assert queue.get() == "value" and time.monotonic() - start < 0.5
    assert queue.empty() and queue._handle._left <= 1


@pytest.mark.parametrize("kind", (queues.LifoQueue, queues.PriorityQueue))
def test_of_two_versions_that_a_killed_process_leaves_the_newer_counts(kind, die):
    queue = kind()
    for number in (1, 2):
        queue.put(number)

    def put():
        queue._turns.hold(None)
        job = queue._newest()
        values = pickle.loads(job.value)
        queue._handle.put(pickle.dumps([*values, pickle.dumps(3)]))
        os.kill(os.getpid(), signal.SIGKILL)

    die(put)
    assert queue.qsize() == 3 and sorted(queue.get() for _ in range(3)) == [1, 2, 3]
    with pytest.raises(standard_queue.Empty):
        queue.get(timeout=0.3)


@pytest.mark.parametrize("kind", LIMITED)
def test_a_putter_that_is_killed_while_it_waits_or_has_its_turn_stops_nobody(kind, die, until):
    queue = kind(1)
    queue.put("first")
    waiting = forked(lambda: queue.put("never"))
    until(lambda: queue._room._handle.waiters)
    kill(waiting)

    def in_its_turn():
        queue._turns.hold(None)
        os.kill(os.getpid(), signal.SIGKILL)

    die(in_its_turn)
    other = threading.Timer(0.1, queue.get)
    other.start()
    start = time.monotonic()
    queue.put("second", timeout=20)
    assert time.monotonic() - start < 2
    other.join()
    assert queue.get(timeout=20) == "second"


@pytest.mark.parametrize("kind", (ours.Queue, *LIMITED[2:]))  # a JoinableQueue is full again when the task comes back
def test_a_getter_that_is_killed_before_it_tells_the_putter_costs_it_a_slice(kind, monkeypatch):
    queue = kind(1)
    queue.put("first")
    there, here = standard.Pipe()

    def get():
        monkeypatch.setattr(queues.Queue, "_tell_room", lambda self: os.kill(os.getpid(), signal.SIGKILL))
        monkeypatch.setattr(ours.Queue, "_tell_room", lambda self: os.kill(os.getpid(), signal.SIGKILL))
        there.recv()
        queue.get()

    child = forked(get)
    other = threading.Timer(0.2, here.send, (1,))
    other.start()
    start = time.monotonic()
    queue.put("second", timeout=20)
    assert time.monotonic() - start < 2
    killed(child)
    other.join()
    assert queue.get(timeout=20) == "second"


def test_the_task_of_a_killed_process_is_the_next_ones_and_join_waits_for_it(until):
    queue = ours.JoinableQueue()
    queue.put("task")
    child = forked(queue.get)
    until(lambda: queue._handle.taken)
    kill(child)
    joined = threading.Thread(target=queue.join, daemon=True)
    joined.start()
    assert queue.get(timeout=20) == "task"
    joined.join(0.2)
    assert joined.is_alive()
    queue.task_done()
    joined.join(20)
    assert not joined.is_alive()


@pytest.mark.parametrize("kind", WITH_TASKS[1:])
def test_join_does_not_wait_for_the_tasks_of_a_killed_process(kind, until):
    queue = kind()
    for number in range(3):
        queue.put(number)
    child = forked(lambda: [queue.get() for _ in range(3)])
    until(queue.empty)
    assert queue.unfinished_tasks == 1  # at least
    joined = threading.Thread(target=queue.join, daemon=True)
    joined.start()
    joined.join(0.2)
    assert joined.is_alive()
    kill(child)
    joined.join(20)
    assert not joined.is_alive() and queue.unfinished_tasks == 0


@pytest.mark.parametrize("kind", KINDS)
def test_many_kills_lose_nothing_that_nobody_got(kind, until):
    """Putters are killed at any moment: each value that one says is put is got, and once, in its order if there is one."""
    queue, seen = kind(), []
    for turn in range(8):
        here, there = standard.Pipe(False)

        def put(turn=turn, there=there):
            for number in range(200):
                queue.put((turn, number))
                there.send(number)

        child = forked(put)
        time.sleep(0.001 * (turn + 1))  # any moment will do
        kill(child)
        there.close()
        said = 0
        while here.poll():
            try:
                said = here.recv() + 1
            except EOFError:
                break
        seen.append(said)
        here.close()
    found = []
    while not queue.empty():
        found.append(queue.get())
    for turn, said in enumerate(seen):
        numbers = sorted(number for of, number in found if of == turn)
        assert numbers == list(range(len(numbers))) and said <= len(numbers) <= said + 1


# ---- Tasks -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", WITH_TASKS)
def test_any_thread_may_say_that_a_task_is_done_and_nobody_too_often(kind, thread):
    queue = kind()
    queue.put(1)
    queue.put(2)
    with pytest.raises(ValueError):
        queue.task_done()  # nobody has one
    thread(lambda: [queue.get(), queue.get()])
    queue.task_done()
    thread(queue.task_done)
    with pytest.raises(ValueError):
        queue.task_done()
    queue.join()


@pytest.mark.parametrize("kind", WITH_TASKS)
def test_tasks_are_those_of_the_process_and_not_of_a_forked_child_or_of_one_object(kind, in_child):
    queue = kind()
    queue.put(1)
    queue.get()

    def child():
        try:
            queue.task_done()
        except ValueError:
            return "has none"

    assert in_child(child) == "has none"
    pickle.loads(pickle.dumps(queue)).task_done()
    queue.join()
    with pytest.raises(ValueError):
        queue.task_done()


def get_and_end(queue):
    queue.get(timeout=20)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("kind", WITH_TASKS)
def test_join_does_not_wait_for_the_tasks_of_a_process_that_has_ended(kind, method):
    queue = kind()
    queue.put("task")
    child = standard.get_context(method).Process(target=get_and_end, args=(queue,))
    child.start()
    child.join(20)
    assert child.exitcode == 0 and queue.empty()
    queue.join()
    with pytest.raises(standard_queue.Empty):
        queue.get(timeout=0.2)


# ---- As the standard library has it ----------------------------------------------------------------


class Unpicklable:
    def __reduce__(self):
        raise AttributeError("not this one")


@pytest.mark.parametrize("kind", (ours.Queue, ours.JoinableQueue))
def test_what_cannot_be_pickled_is_reported_and_left_out(kind, capsys):
    queue = kind(1)
    queue.put(Unpicklable())
    assert "AttributeError: not this one" in capsys.readouterr().err
    queue.put("next", timeout=1)
    assert queue.get() == "next" and queue.empty()


@pytest.mark.parametrize("kind", (ours.SimpleQueue, queues.Queue, queues.LifoQueue, queues.PriorityQueue, queues.SimpleQueue))
def test_what_cannot_be_pickled_is_raised(kind):
    queue = kind()
    with pytest.raises(AttributeError):
        queue.put(Unpicklable())
    queue.put("next")
    assert queue.get() == "next" and queue.empty()


class Unloadable:
    def __reduce__(self):
        return int, ("no number",)


@pytest.mark.parametrize("kind", KINDS)
def test_what_cannot_be_made_anew_is_raised_by_get_and_gone(kind):
    queue = kind()
    queue.put(Unloadable())
    with pytest.raises(ValueError):
        queue.get()
    queue.put("next")
    assert queue.get() == "next"


def test_values_that_do_not_compare_leave_a_priority_queue_as_it_is():
    queue = queues.PriorityQueue()
    queue.put(1)
    with pytest.raises(TypeError):
        queue.put("one")
    assert queue.qsize() == 1 and queue.get() == 1


@pytest.mark.parametrize("kind", LIMITED)
def test_a_timeout_bounds_the_whole_call(kind, until):
    queue = kind(1)

    def took(call, error):
        start = time.monotonic()
        with pytest.raises(error):
            call()
        return time.monotonic() - start

    assert 0.2 <= took(lambda: queue.get(timeout=0.2), standard_queue.Empty) < 1
    queue.put(1)
    assert 0.2 <= took(lambda: queue.put(2, timeout=0.2), standard_queue.Full) < 1
    assert took(lambda: queue.put(2, False), standard_queue.Full) < 0.2
    child = forked(lambda: queue._turns.hold(None))  # as one that is stopped in its turn
    until(lambda: queue._turns._lock.locked())
    assert 0.2 <= took(lambda: queue.put(2, timeout=0.2), standard_queue.Full) < 1
    assert took(lambda: queue.put(2, False), standard_queue.Full) < 1.5
    kill(child)
    assert took(queue.put_nowait, TypeError) < 1


@pytest.mark.parametrize("kind", LIMITED)
def test_each_get_lets_one_putter_in(kind):
    queue, most = kind(2), []
    putters = [threading.Thread(target=lambda: [queue.put(number) for number in range(50)], daemon=True) for _ in range(4)]
    for putter in putters:
        putter.start()
    for _ in range(200):
        most.append(queue.qsize())
        queue.get(timeout=20)
        if kind is ours.JoinableQueue:
            queue.task_done()
    for putter in putters:
        putter.join(20)
    assert max(most) == 2 and queue.empty()


def test_a_closed_queue():
    queue = ours.Queue()
    with pytest.raises(AssertionError):
        queue.join_thread()
    queue.put(1)
    copy = pickle.loads(pickle.dumps(queue))
    queue.close()
    queue.close()
    queue.join_thread()
    queue.cancel_join_thread()
    for call in (lambda: queue.put(1), queue.get):
        with pytest.raises(ValueError):
            call()
    assert copy.get() == 1  # of this object only
    simple = ours.SimpleQueue()
    simple.close()
    for call in (lambda: simple.put(1), simple.get, simple.empty):
        with pytest.raises(OSError):
            call()


@pytest.mark.parametrize("kind", (queues.Queue, queues.LifoQueue, queues.PriorityQueue))
def test_shutdown_is_seen_by_all_processes_also_before_python_3_13(kind, until):
    queue, here = kind(1), []
    queue.put(1)

    def put():
        try:
            queue.put(2)
        except queues.ShutDown:
            here.append("told")

    putters = [threading.Thread(target=put, daemon=True) for _ in range(3)]
    for putter in putters:
        putter.start()
    until(lambda: queue._room._handle.waiters)
    context = standard.get_context("fork")
    child = context.Process(target=queue.shutdown)
    child.start()
    child.join(20)
    for putter in putters:
        putter.join(20)
    assert here == ["told"] * 3 and queue.is_shutdown and queue.get() == 1
    with pytest.raises(queues.ShutDown):
        queue.get()
    assert issubclass(queues.Empty, Exception) and queues.Empty is standard_queue.Empty


def test_a_put_within_a_put_is_put():
    queue, count = queues.SimpleQueue(), 2000

    class Cycle:
        def __init__(self, number):
            self.itself, self.number = self, number

        def __del__(self):
            queue.put(self.number)

    for number in range(0, count, 2):
        Cycle(number)
        queue.put(number + 1)
    gc.collect()
    assert sorted(queue.get() for _ in range(count)) == list(range(count))


def test_a_large_value_and_what_does_not_fit(segment):
    queue = ours.Queue(segment=segment)
    queue.put(b"x" * 5_000_000)
    with pytest.raises(MemoryError):
        queue.put(b"x" * 50_000_000)
    assert len(queue.get()) == 5_000_000
    own = ours.Queue()
    own.put(bytearray(30_000_000))
    assert len(own.get()) == 30_000_000
