"""Queue, SimpleQueue and JoinableQueue of multiprocessing: pickled values in a JobQueue of a segment.

Whoever gets a value takes it as a job, copies it, and says that it is done: one who is killed before that leaves it to the
next. Of a JoinableQueue it is task_done() that says so.
"""

import io
import os
import pickle
import threading
import time
import traceback
import types
import weakref
from multiprocessing.reduction import ForkingPickler
from multiprocessing.util import Finalize
from queue import Empty, Full
from typing import Any, Callable, List, Optional, Tuple, Union

from .._shoal import Job, JobQueue, Segment
from .._shoal import Lock as _Lock
from .._shoal import Semaphore as _Semaphore
from ._place import Named, Place

_Segment = Union[Segment, str, None]

SLICE = 0.05  # seconds; who waits looks again after them: one that should have told it may have been killed
PATIENCE = 0.5  # seconds that a call without a timeout waits for the lock, which others have for microseconds
NOW = float("-inf")  # a deadline
CAPACITY = 1 << 47  # bytes, as many as any segment has: what does not fit is NoSpace, a MemoryError
NOTHING = object()
_ALIKE = frozenset((type(None), bool, int, float, str, bytes))  # every pickler pickles them alike


def dumps(value: Any) -> bytes:
    if type(value) in _ALIKE:
        return pickle.dumps(value)
    buffer = io.BytesIO()
    ForkingPickler(buffer).dump(value)
    return buffer.getvalue()


loads = pickle.loads

# ---- Waiting -------------------------------------------------------------------------------------


def deadline(block: object, timeout: Optional[float]) -> Optional[float]:
    """None: there is none."""
    if not block:
        return NOW
    return None if timeout is None else time.monotonic() + timeout


class Signal:
    """Tells one of those who wait for a change. A token too many costs them a look, one too few a slice of time."""

    def __init__(self, segment: _Segment, name: Optional[str]) -> None:
        place = Place("semaphore", segment, name)
        self._handle: _Semaphore = place.segment.semaphore(place.name, 0, bounded=False)
        place.belongs_to(self)

    def tell(self) -> None:
        if not self._handle.value:
            self._handle.release()

    def wait(self, until: Optional[float]) -> bool:
        rest = SLICE if until is None else min(SLICE, until - time.monotonic())
        return self._handle.acquire(True, max(rest, 0))


class Turns:
    """One at a time changes a queue. Nothing is read from here that a death could leave half done: the lock only orders."""

    def __init__(self, segment: _Segment, name: Optional[str]) -> None:
        place = Place("lock", segment, name)
        self._lock: _Lock = place.segment.lock(place.name)
        place.belongs_to(self)

    def hold(self, until: Optional[float]) -> bool:
        if until is None:
            return self._lock.acquire()
        return self._lock.acquire(True, PATIENCE if until == NOW else max(until - time.monotonic(), 0))

    def release(self) -> None:
        self._lock.release()

    def do(self, attempt: Callable[[], Any], signal: Signal, until: Optional[float]) -> Any:
        """What `attempt` returns when it is not NOTHING any more; NOTHING after the deadline."""
        told = False
        try:
            while self.hold(until):
                try:
                    result = attempt()
                finally:
                    self.release()
                if result is not NOTHING or (until is not None and time.monotonic() >= until):
                    return result
                told = signal.wait(until) or told
            return NOTHING
        finally:
            if told:
                signal.tell()  # the next: there may be more


# ---- Values in a segment -------------------------------------------------------------------------


def named(name: Optional[str], part: str) -> Optional[str]:
    return None if name is None else f"{name}.{part}"


class Store(Named):
    """Pickled values in a JobQueue. What is not done when its taker is killed is the next one's."""

    _handle: JobQueue
    _turns: Optional[Turns] = None  # of a queue with a limit, as the next
    _room: Optional[Signal] = None

    def _open(self, segment: _Segment, name: Optional[str], limited: bool) -> None:
        place = Place("queue", segment, name)
        self._handle = place.segment.job_queue(place.name, CAPACITY, 0)
        place.belongs_to(self)
        if limited:
            self._turns, self._room = Turns(segment, named(name, "lock")), Signal(segment, named(name, "room"))

    def __getstate__(self) -> Any:
        return self._handle, self._turns, self._room

    def __setstate__(self, state: Any) -> None:
        self._handle, self._turns, self._room = state

    def _put_bytes(self, bytes: bytes, limit: int, until: Optional[float]) -> bool:
        """False: it was full until the deadline."""
        if limit <= 0 or self._turns is None or self._room is None:
            if until is None:
                self._handle.put(bytes)
            else:
                self._handle.put(bytes, until != NOW, None if until == NOW else max(until - time.monotonic(), 0))
            return True

        def attempt() -> object:
            if self._handle.qsize() >= limit and not self._handle.is_shutdown:
                return NOTHING
            self._handle.put(bytes, False)  # there is room, or it is shut down
            return None

        return self._turns.do(attempt, self._room, until) is not NOTHING

    def _take(self, block: object, timeout: Optional[float]) -> Job:
        if not block:
            return self._handle.take(False)
        return self._handle.take() if timeout is None else self._handle.take(True, timeout)

    def _get_bytes(self, block: object = True, timeout: Optional[float] = None) -> bytes:
        job = self._take(block, timeout)
        value: bytes = job.value
        job.done()
        self._tell_room()
        return value

    def _tell_room(self) -> None:
        if self._room is not None:
            self._room.tell()

    def qsize(self) -> int:
        return self._handle.qsize()

    def empty(self) -> bool:
        return self._handle.empty()

    __class_getitem__: Any = classmethod(types.GenericAlias)


# ---- Queue ---------------------------------------------------------------------------------------


class Queue(Store):
    """A queue between processes. What is put is there at once: no thread feeds it, and it outlives who put it."""

    _closed = False
    _used = False  # by put

    def __init__(self, maxsize: int = 0, *, segment: _Segment = None, name: Optional[str] = None) -> None:
        self._maxsize = maxsize
        self._open(segment, name, maxsize > 0)

    def __getstate__(self) -> Any:
        return super().__getstate__(), self._maxsize

    def __setstate__(self, state: Any) -> None:
        store, self._maxsize = state
        super().__setstate__(store)

    def put(self, obj: Any, block: bool = True, timeout: Optional[float] = None) -> None:
        if self._closed:
            raise ValueError(f"Queue {self!r} is closed")
        self._used = True
        try:
            bytes = dumps(obj)
        except Exception as error:  # where the standard library's other thread would have it
            self._on_queue_feeder_error(error, obj)
            return
        if not self._put_bytes(bytes, self._maxsize, deadline(block, timeout)):
            raise Full

    def put_nowait(self, obj: Any) -> None:
        self.put(obj, False)

    def get(self, block: bool = True, timeout: Optional[float] = None) -> Any:
        if self._closed:
            raise ValueError(f"Queue {self!r} is closed")
        return loads(self._get_bytes(block, None if timeout is None else max(timeout, 0)))

    def get_nowait(self) -> Any:
        return self.get(False)

    def empty(self) -> bool:
        if self._closed and self._used:
            raise OSError("handle is closed")
        return super().empty()

    def full(self) -> bool:
        return 0 < self._maxsize <= self.qsize()

    def close(self) -> None:
        self._closed = True

    def join_thread(self) -> None:
        assert self._closed, f"Queue {self!r} not closed"

    def cancel_join_thread(self) -> None:
        pass

    @staticmethod
    def _on_queue_feeder_error(e: BaseException, obj: Any) -> None:
        traceback.print_exc()


# ---- JoinableQueue -------------------------------------------------------------------------------


class Taken:
    """What this process has got from one queue and not yet called task_done() for, by whichever of its objects."""

    def __init__(self, handle: JobQueue) -> None:
        self._handle = handle
        self._jobs: List[Tuple[int, Job]] = []
        self._end: Optional[Finalize] = None

    @classmethod
    def of(cls, handle: JobQueue) -> "Taken":
        found = _taken.get(handle)
        if found is None:
            found = _taken.setdefault(handle, cls(handle))
        return found

    def start_anew(self) -> None:
        """In a forked child, which has taken nothing."""
        self._jobs = []
        self._end = None

    def add(self, job: Job) -> None:
        if self._end is None or not self._end.still_active():  # a new process of multiprocessing drops what it has
            self._end = Finalize(self, _all_done, (self._jobs, os.getpid()), exitpriority=-50)
        self._jobs.append((threading.get_ident(), job))

    def next(self) -> Job:
        """The oldest of this thread, or of another that it does the counting for."""
        me, jobs = threading.get_ident(), self._jobs
        for found in list(jobs):
            if found[0] == me:
                try:
                    jobs.remove(found)
                    return found[1]
                except ValueError:  # another thread was faster
                    pass
        try:
            return jobs.pop(0)[1]
        except IndexError:
            raise ValueError("task_done() called too many times") from None


def _all_done(jobs: List[Tuple[int, Job]], process: int) -> None:
    """A process that ends in good order, or has forgotten the queue, leaves nothing to others: it has had what it got."""
    while jobs and process == os.getpid():
        jobs.pop()[1].done()


_taken: "weakref.WeakValueDictionary[JobQueue, Taken]" = weakref.WeakValueDictionary()


def _start_anew() -> None:
    for taken in list(_taken.values()):
        taken.start_anew()


os.register_at_fork(after_in_child=_start_anew)


class JoinableQueue(Queue):
    """A Queue whose values are tasks. The task of a process that is killed before its task_done() is the next one's."""

    def __init__(self, maxsize: int = 0, *, segment: _Segment = None, name: Optional[str] = None) -> None:
        super().__init__(maxsize, segment=segment, name=name)
        self._tasks = Taken.of(self._handle)

    def __setstate__(self, state: Any) -> None:
        super().__setstate__(state)
        self._tasks = Taken.of(self._handle)

    def _get_bytes(self, block: object = True, timeout: Optional[float] = None) -> bytes:
        job = self._take(block, timeout)
        value: bytes = job.value
        self._tasks.add(job)
        self._tell_room()
        return value

    def task_done(self) -> None:
        self._tasks.next().done()

    def join(self) -> None:
        self._handle.join()


# ---- SimpleQueue ---------------------------------------------------------------------------------


class SimpleQueue(Store):
    _closed = False

    def __init__(self, *, segment: _Segment = None, name: Optional[str] = None) -> None:
        self._open(segment, name, False)

    def close(self) -> None:
        self._closed = True

    def _check_open(self) -> None:
        if self._closed:
            raise OSError("handle is closed")

    def empty(self) -> bool:
        self._check_open()
        return super().empty()

    def get(self) -> Any:
        self._check_open()
        return loads(self._get_bytes())

    def put(self, obj: Any) -> None:
        self._check_open()
        self._handle.put(dumps(obj))
