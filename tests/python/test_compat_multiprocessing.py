"""What shoal.compat.multiprocessing does beyond the standard library's: any process, any pickle, any death."""

import ctypes
import gc
import multiprocessing as standard
import os
import pickle
import signal
import subprocess
import sys
import threading
import time

import pytest

import shoal
from shoal.compat import multiprocessing as ours
from shoal.compat import _place
from shoal.compat._place import own_segment, program_segment


def made():
    """One of each, with what tells that a copy is the same object."""
    return {
        "Lock": ours.Lock(),
        "RLock": ours.RLock(),
        "Semaphore": ours.Semaphore(2),
        "BoundedSemaphore": ours.BoundedSemaphore(2),
        "Condition": ours.Condition(),
        "Event": ours.Event(),
        "Barrier": ours.Barrier(2),
        "Value": ours.Value("i", 5),
        "Array": ours.Array("d", [1, 2, 3]),
        "RawValue": ours.RawValue("q", 7),
        "RawArray": ours.RawArray("h", 3),
    }


STRANGER = """
import pickle, sys
from shoal.compat import multiprocessing as ours
things = pickle.load(sys.stdin.buffer)
assert not things["Lock"].acquire(False) and not things["RLock"].acquire(timeout=0.01)
things["Semaphore"].release()
assert things["BoundedSemaphore"].get_value() == 2
try:
    things["BoundedSemaphore"].release()
    raise SystemExit("released too often")
except ValueError:
    pass
things["Event"].set()
with things["Value"] as _, things["Array"] as _:
    things["Value"].value += 1
    things["Array"][1] = 20
things["RawValue"].value = 8
things["RawArray"][2] = 9
with things["Condition"]:
    things["Condition"].notify()
things["Barrier"].wait(20)
"""


def test_a_process_of_other_descent_has_them_from_a_pickle():
    things = made()
    in_test_compat_queues = {"JoinableQueue", "Queue", "SimpleQueue"}
    assert set(things) | {"BrokenBarrierError"} | in_test_compat_queues == set(ours.__all__)
    things["Lock"].acquire()
    things["RLock"].acquire()
    child = subprocess.Popen([sys.executable, "-c", STRANGER], stdin=subprocess.PIPE)
    with things["Condition"]:
        child.stdin.write(pickle.dumps(things))
        child.stdin.close()
        assert things["Condition"].wait(20)
    things["Barrier"].wait(20)
    assert child.wait(20) == 0
    assert things["Semaphore"].get_value() == 3 and things["Event"].is_set()
    assert things["Value"].value == 6 and things["Array"][:] == [1, 20, 3]
    assert things["RawValue"].value == 8 and list(things["RawArray"]) == [0, 0, 9]
    assert not things["Barrier"].broken


def test_they_go_through_a_queue_and_a_pool():
    context = standard.get_context("spawn")
    queue, event, value = context.Queue(), ours.Event(), ours.Value("i", 0)
    child = context.Process(target=from_queue, args=(queue,))
    child.start()
    queue.put((event, value))
    assert event.wait(20) and value.value == 1
    child.join()
    with context.Pool(2, initializer=give, initargs=(value,)) as pool:
        pool.map(add, range(20))
    assert value.value == 21


def from_queue(queue):
    event, value = queue.get(timeout=20)
    value.value += 1
    event.set()


def give(value):
    global given
    given = value


def add(_):
    with given:
        given.value += 1


# ---- Who has it --------------------------------------------------------------------------------------


def test_locks_say_who_has_them_as_the_standard_librarys_do():
    context, seen = standard.get_context("fork"), []
    for one in (ours.Lock(), context.Lock()):
        seen.append([repr(one), held_by(one, lambda: repr(one)), *as_seen_by_others(one, context), repr(one)])
    for one in (ours.RLock(), context.RLock()):
        seen.append([repr(one), held_by(one, lambda: held_by(one, lambda: repr(one))), *as_seen_by_others(one, context), repr(one)])
    assert seen[0] == seen[1] and seen[2] == seen[3]
    assert seen[0][1:3] == ["<Lock(owner=MainProcess)>", "<Lock(owner=MainProcess|T1)>"]
    assert seen[0][3:] == ["<Lock(owner=SomeOtherThread)>", "<Lock(owner=SomeOtherProcess)>", "<Lock(owner=None)>"]
    assert seen[2][:3] == ["<RLock(None, 0)>", "<RLock(MainProcess, 2)>", "<RLock(MainProcess|T1, 1)>"]


def held_by(lock, do):
    with lock:
        return do()


def as_seen_by_others(lock, context):
    """By a thread that has it, by one that has not, by a child that has not."""
    seen, (here, there) = [], context.Pipe()
    thread = threading.Thread(target=lambda: held_by(lock, lambda: seen.append(repr(lock))), name="T1")
    thread.start()
    thread.join()
    with lock:
        thread = threading.Thread(target=lambda: seen.append(repr(lock)))
        thread.start()
        thread.join()
        child = context.Process(target=lambda: there.send(repr(lock)))
        child.start()
        seen.append(here.recv())
        child.join()
    return seen


def test_a_forked_childs_rlock_does_not_count_its_parents_holds():
    context, lock = standard.get_context("fork"), ours.RLock()
    here, there = context.Pipe()
    with lock:
        child = context.Process(target=lambda: there.send(held_by(lock, lambda: repr(lock))), name="P1")
        child.start()
    assert here.recv() == "<RLock(P1, 1)>"
    child.join()


# ---- Names -----------------------------------------------------------------------------------------


def test_named_ones_are_met_by_name(segment, name):
    lock = ours.Lock(segment=segment, name="l")
    assert lock.name == "l" and lock.segment.name == name
    with lock:
        assert not ours.Lock(segment=name, name="l").acquire(False)
    value = ours.Value("i", 3, segment=segment, name="v")
    value.value = 4
    again = ours.Value("i", 3, segment=segment, name="v")
    assert again.value == 4  # filled by who made it
    with value.get_lock():
        seen = []
        other = threading.Thread(target=lambda: seen.append(again.get_lock().acquire(False)))
        other.start()
        other.join()
        assert seen == [False]
    condition = ours.Condition(segment=segment, name="c")
    assert condition.name == "c" and "c.lock" in segment
    with pytest.raises(shoal.TypeMismatch):
        ours.Barrier(3, segment=segment, name="l")
    with pytest.raises(shoal.TypeMismatch):
        ours.Array("i", 4, segment=segment, name="v")
    del lock, value, again, condition
    gc.collect()
    assert {"l", "v", "v.lock", "c", "c.lock"} <= set(segment)  # named ones stay


def test_one_that_died_filling_a_value_leaves_it_to_the_next(segment, die):
    class Bad(ctypes.Structure):
        _fields_ = [("x", ctypes.c_int), ("y", ctypes.c_int)]

        def __init__(self, x, y):
            self.x = x
            if y is None:
                os.kill(os.getpid(), signal.SIGKILL)
            self.y = y

    die(lambda: ours.RawValue(Bad, 1, None, segment=segment, name="v"))
    value = ours.RawValue(Bad, 2, 3, segment=segment, name="v")
    assert (value.x, value.y) == (2, 3)
    again = ours.RawValue(Bad, 4, 5, segment=segment, name="v")
    assert (again.x, again.y) == (2, 3)


def test_nameless_ones_go_with_the_object_that_made_them():
    def there():
        return {*own_segment(), *program_segment()}

    gc.collect()
    before = there()
    things = made()
    names = there()
    assert len(names - before) == 14  # 11, and the locks of Condition, Value and Array
    copies = pickle.loads(pickle.dumps(things))
    assert there() == names
    del things
    gc.collect()
    assert there() == before
    assert copies["Value"].value == 5 and copies["Lock"].acquire(False)  # who has one open keeps it
    copies["Lock"].release()
    assert own_segment().check() == [] and program_segment().check() == []


def test_what_is_collected_while_it_is_held_goes_later_and_costs_new_ones_little(monkeypatch):
    gc.collect()
    before, tried, remove = set(program_segment()), [], _place._remove
    held = [ours.Lock() for _ in range(200)]
    assert all([lock.acquire(False) for lock in held])
    copies = pickle.loads(pickle.dumps(held))
    del held
    gc.collect()
    monkeypatch.setattr(_place, "_remove", lambda *what: tried.append(what) or remove(*what))
    for _ in range(100):
        ours.Lock()
    assert len(tried) < 1000  # all of them each time would be 20,000
    for lock in copies:
        lock.release()
    for _ in range(100):
        ours.Lock()
    gc.collect()
    assert set(program_segment()) == before


def test_a_failed_one_leaves_nothing():
    before = len(own_segment()) + len(program_segment())
    for wrong in (lambda: ours.Value("i", "x"), lambda: ours.Array("i", ["x"]), lambda: ours.RawValue("i", 1, 2)):
        with pytest.raises(TypeError):
            wrong()
    with pytest.raises(ValueError):
        ours.Barrier(0)
    for wrong, error in ((-1, OSError), (2**31, OverflowError), ("1", TypeError)):
        for kind in (ours.Semaphore, ours.BoundedSemaphore):
            with pytest.raises(error):
                kind(wrong)
    gc.collect()
    assert len(own_segment()) + len(program_segment()) == before


def test_the_own_segment_goes_with_the_last_process(python):
    name = python("from shoal.compat import multiprocessing as m; lock = m.Lock(); print(lock.segment.name)")
    assert name not in [found.name for found in shoal.segments()]
    with pytest.raises(shoal.NotFound):
        shoal.open(name)


def test_a_process_of_little_address_space_has_segments_that_fit_it(python):
    code = """
import resource
resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
from shoal.compat import multiprocessing as m

def add(lock, value):
    with lock:
        value.value += 1

lock, value = m.Lock(), m.RawValue("i", 1)
child = m.get_context("fork").Process(target=add, args=(lock, value))
child.start()
child.join()
print(child.exitcode, value.value, lock.segment.size >> 30)
"""
    assert python(code) == "0 2 1"


def test_what_killed_processes_leave_is_swept_up(tmp_path, python):
    make = "import os; from shoal.compat import multiprocessing as m; lock = m.Lock(); "
    directory = {"SHOAL_DIR": str(tmp_path)}
    for end in ("os.kill(os.getpid(), 9)", "os._exit(0)"):
        subprocess.run([sys.executable, "-c", make + end], env={**os.environ, **directory}, timeout=60)
    assert len(list(tmp_path.iterdir())) == 1  # of the last: each sweeps up what it finds
    code = "import multiprocessing; p = multiprocessing.get_context('fork').Process(target=m.Lock); p.start(); p.join()"
    python(make + code, environment=directory)
    assert list(tmp_path.iterdir()) == []


def test_a_forked_child_uses_what_it_has_and_makes_its_own(in_child):
    lock, value = ours.Lock(), ours.Value("i", 1)

    def child():
        with lock:
            value.value += 1
        made = ours.Value("i", 1)
        with made:
            return lock.segment.name, made.get_lock().segment.name, own_segment().name

    has, makes, own = in_child(child)
    assert has == makes == lock.segment.name and value.value == 2
    assert lock.name in program_segment() and own not in (has, own_segment().name)
    with pytest.raises(shoal.NotFound):
        shoal.open(own)  # its child is gone, and with it the segment


# ---- One program -----------------------------------------------------------------------------------


def where_it_makes_one(out):
    made = ours.Lock()
    out.put((made.segment.name, ours.Condition().segment.name))


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_the_locks_of_a_program_lie_in_one_segment(method):
    context = standard.get_context(method)
    out = context.SimpleQueue()
    children = [context.Process(target=where_it_makes_one, args=(out,)) for _ in range(2)]
    for child in children:
        child.start()
    names = {name for _ in children for name in out.get()}
    for child in children:
        child.join(20)
        assert child.exitcode == 0
    assert names == {ours.Lock().segment.name}


def hand_over_own_and_take_other(theirs, others, told):
    own = ours.Lock()
    own.acquire()
    theirs.put(own)
    other = others.get()
    try:
        with other:
            told.put("got it")
    except shoal.LockError as error:
        told.put(str(error))
    own.release()


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_locks_that_two_processes_made_are_seen_to_be_a_cycle(method):
    context = standard.get_context(method)
    one, other, told = context.SimpleQueue(), context.SimpleQueue(), context.SimpleQueue()
    children = [context.Process(target=hand_over_own_and_take_other, args=pair) for pair in ((one, other, told), (other, one, told))]
    for child in children:
        child.start()
    ends = sorted([told.get(), told.get()])
    for child in children:
        child.join(20)
        assert child.exitcode == 0
    assert ends[1] == "got it" and "deadlock: this thread waits for" in ends[0] and "of segment" not in ends[0]


KILLED_WHOLE = """
import multiprocessing, os, signal, sys, time
from shoal.compat import multiprocessing as ours
def child(ready):
    lock = ours.Lock()
    ready.put(lock.segment.name)
    time.sleep(60)
if __name__ == "__main__":
    os.setpgid(0, 0)
    context = multiprocessing.get_context(sys.argv[1])
    ready = context.SimpleQueue()
    for _ in range(2):
        context.Process(target=child, args=(ready,)).start()
    assert ready.get() == ready.get() == ours.Lock().segment.name
    os.killpg(0, signal.SIGKILL)
"""


def is_gone(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return True
    return False


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_the_segment_of_a_program_that_was_killed_is_over(method, tmp_path, python, until):
    program = tmp_path / "program.py"
    program.write_text(KILLED_WHOLE)
    (tmp_path / "shm").mkdir()
    environment = {**os.environ, "SHOAL_DIR": str(tmp_path / "shm")}
    whole = subprocess.Popen([sys.executable, program, method], env=environment)
    assert whole.wait(60) == -signal.SIGKILL
    until(lambda: is_gone(whole.pid))
    (left,) = (tmp_path / "shm").iterdir()
    code = f"import shoal\ntry:\n    shoal.open({left.name[len('shoal.'):]!r})\nexcept shoal.NotFound:\n    print('over')"
    assert python(code, environment={"SHOAL_DIR": str(tmp_path / "shm")}) == "over"
    assert list((tmp_path / "shm").iterdir()) == []


def test_the_segment_outlives_the_process_that_made_it_and_goes_with_the_last(python, until):
    code = """
import os, sys
from shoal.compat import multiprocessing as ours
lock = ours.Lock()
name = lock.segment.name
read, write = os.pipe()
if os.fork():
    print(name)
    sys.stdout.flush()
    os._exit(0)
os.close(1)
os.close(2)
os.read(0, 1)  # until the test has looked
with ours.Lock():
    assert ours.Lock().segment.name == name
"""
    child = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    name = child.stdout.readline().strip()
    child.wait(20)
    assert name in [found.name for found in shoal.segments()]
    child.stdin.close()
    until(lambda: name not in [found.name for found in shoal.segments()])


# ---- Deaths ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [ours.Lock, ours.RLock])
def test_the_lock_of_a_killed_process_comes_to_the_next_who_is_told(kind, die):
    lock = kind()
    die(lock.acquire)
    start = time.monotonic()
    assert lock.acquire() and lock.recovered and time.monotonic() - start < 0.3
    lock.release()
    with lock:
        assert not lock.recovered


def test_what_a_killed_process_took_of_a_semaphore_is_gone(die):
    semaphore = ours.Semaphore(2)
    die(semaphore.acquire)
    assert semaphore.get_value() == 1
    semaphore.release()  # by anybody
    assert semaphore.get_value() == 2


def test_a_killed_party_breaks_the_barrier_and_one_that_ends_does_not(die):
    barrier = ours.Barrier(2)
    processes = [standard.get_context(method).Process(target=barrier.wait, args=(20,)) for method in ("fork", "spawn")]
    for process in processes:
        process.start()
        barrier.wait(20)
        process.join()
        assert process.exitcode == 0
    with pytest.raises(threading.BrokenBarrierError):
        barrier.wait(0.3)
    barrier.reset()
    pid = os.fork()
    if pid == 0:
        barrier.wait()
        os.kill(os.getpid(), signal.SIGKILL)
    barrier.wait(20)
    os.waitpid(pid, 0)
    start = time.monotonic()
    with pytest.raises(threading.BrokenBarrierError) as caught:
        barrier.wait(20)
    assert time.monotonic() - start < 0.3 and isinstance(caught.value, shoal.BrokenBarrier)


def test_processes_that_wait_for_each_other_are_told():
    first, second, barrier, told = ours.Lock(), ours.Lock(), ours.Barrier(2), ours.Semaphore(0)

    def take(one, other):
        with one:
            barrier.wait(20)
            try:
                with other:
                    pass
            except shoal.LockError:
                told.release()

    context = standard.get_context("fork")
    workers = [context.Process(target=take, args=pair) for pair in ((first, second), (second, first))]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(20)
        assert worker.exitcode == 0
    assert told.get_value() >= 1


# ---- As the standard library has it ----------------------------------------------------------------


def test_any_thread_may_release_a_lock_also_one_that_its_own_thread_waits_for():
    lock = ours.Lock()
    lock.acquire()
    assert lock.acquire(False) is False and lock.acquire(timeout=0.05) is False and lock.acquire(timeout=-1) is False
    other = threading.Timer(0.1, lock.release)
    other.start()
    assert lock.acquire() is True
    other.join()
    lock.release()
    with pytest.raises(ValueError) as caught:
        lock.release()
    assert isinstance(caught.value, shoal.LockError)


def test_a_lock_of_another_process_cannot_be_released(holding):
    lock = ours.Lock()
    holding(lock.acquire)
    with pytest.raises(ValueError):
        lock.release()
    assert not lock.acquire(False)


def test_an_rlock_belongs_to_its_thread(thread):
    lock = ours.RLock()
    with lock, lock:
        assert thread(lambda: [lock.acquire(False)]) == [False]

        def release():
            with pytest.raises(AssertionError):
                lock.release()
            return True

        assert thread(release)
    with pytest.raises(AssertionError):
        lock.release()


def test_a_condition_wants_its_lock_held_by_the_thread(thread):
    condition = ours.Condition(ours.Lock())
    for method in (condition.wait, condition.notify, condition.notify_all):
        with pytest.raises(AssertionError):
            method()
    with pytest.raises(TypeError):
        ours.Condition(standard.Lock())
    with condition:
        assert condition.wait(0.01) is False and condition.wait(-1) is False
        assert condition.wait_for(lambda: 0, 0.01) == 0 and condition.wait_for(lambda: "yes") == "yes"


def test_the_last_at_a_barrier_runs_its_action():
    ran = []
    barrier = ours.Barrier(1, action=lambda: ran.append(1), timeout=5)
    assert barrier.wait() == 0 and ran == [1]
    bad = ours.Barrier(1, lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        bad.wait()
    assert bad.broken
    late = ours.Barrier(2, timeout=0.02)
    with pytest.raises(ours.BrokenBarrierError):
        late.wait()
    assert late.broken and late.n_waiting == 0 and late.parties == 2


def test_values_of_any_ctypes_type():
    class Point(ctypes.Structure):
        _fields_ = [("x", ctypes.c_int), ("y", ctypes.c_double)]

    point = ours.Value(Point, 1, 2.5)
    point.x += 1
    assert (point.x, point.y) == (2, 2.5) and isinstance(point.get_obj(), Point)
    points = ours.RawArray(Point, [(1, 2), (3, 4)])
    assert points[1].x == 3
    text = ours.Array("c", b"hello")
    text.value = b"hi"
    assert text.raw == b"hi\0lo"
    number = ours.RawValue(ctypes.c_int, 5)
    assert isinstance(number, ctypes.c_int) and ctypes.cast(ctypes.pointer(number), ctypes.c_void_p).value
    same = ours.Value("i", 1, lock=False)
    assert not hasattr(same, "get_lock")
    lock = standard.Lock()
    assert ours.Value("i", 1, lock=lock).get_lock() is lock


def test_the_rest_is_the_standard_librarys():
    assert ours.Process is standard.Process and ours.cpu_count() == standard.cpu_count()
    with pytest.raises(AttributeError):
        ours.nothing_like_this
