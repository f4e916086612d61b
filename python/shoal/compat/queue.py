"""The queues of the standard library's module queue, between any processes, related or not.

Values are pickled. Where a queue lies, and how it is handed to other processes, is as of shoal.compat.multiprocessing. See
docs/multiprocessing.md.
"""

import heapq
import os
import queue as _standard
import threading
import weakref
from queue import Empty as Empty
from queue import Full as Full
from typing import Any, Callable, List, Optional

from .._queue_errors import ShutDown as _ShutDown
from .._shoal import Error, Job, JobQueue
from .._shoal import Semaphore as _Semaphore
from ._place import Place
from ._queues import NOTHING, SLICE, Signal, Store, Turns, _Segment, deadline, dumps, loads, named

__all__ = ["Empty", "Full", "LifoQueue", "PriorityQueue", "Queue", "ShutDown", "SimpleQueue"]

ShutDown: Any = getattr(_standard, "ShutDown", _ShutDown)  # the standard library has it from CPython 3.13 on

MOST_PROCESSES = 1024  # that a segment has at once


def _check(timeout: Optional[float]) -> None:
    if timeout is not None and timeout < 0:
        raise ValueError("'timeout' must be a non-negative number")


# ---- Tasks ---------------------------------------------------------------------------------------


class _Tasks:
    """
    How many values this process has got and not yet called task_done() for, by whichever of its objects. While there are
    any it has a permit of a semaphore, which comes back if it is killed: who joins waits for values and permits.
    """

    def __init__(self, handle: JobQueue, permits: _Semaphore) -> None:
        self._handle, self._permits = handle, permits  # both kept open
        self.start_anew()

    @classmethod
    def of(cls, handle: JobQueue, permits: _Semaphore) -> "_Tasks":
        found = _tasks.get(handle)
        if found is None:
            found = _tasks.setdefault(handle, cls(handle, permits))
        return found

    def start_anew(self) -> None:
        """In a forked child, which has got nothing."""
        self.count = 0
        self._guard = threading.RLock()

    def begin(self) -> None:
        with self._guard:
            if self.count == 0:
                self._permits.acquire()
            self.count += 1

    def end(self) -> bool:
        """Whether it was the last of this process."""
        with self._guard:
            if self.count == 0:
                raise ValueError("task_done() called too many times")
            if self.count == 1:
                self._permits.release()
            self.count -= 1
            return self.count == 0

    def of_all(self) -> int:
        """Of other processes as many as have any."""
        with self._guard:
            return max(self.count - 1, 0) + MOST_PROCESSES - self._permits.value

    def __del__(self) -> None:
        """Nobody in this process can call task_done() any more."""
        if self.count:
            try:
                self._permits.release()
            except Error:  # the segment was left before
                pass


_tasks: "weakref.WeakValueDictionary[JobQueue, _Tasks]" = weakref.WeakValueDictionary()


def _start_anew() -> None:
    for tasks in list(_tasks.values()):
        tasks.start_anew()


os.register_at_fork(after_in_child=_start_anew)

# ---- Queue ---------------------------------------------------------------------------------------


class Queue(Store):
    """First in, first out."""

    _turns: Turns
    _room: Signal
    _by_hooks = False  # a subclass has _put, _get or _qsize of its own, which are called with the lock

    def __init__(self, maxsize: int = 0, *, segment: _Segment = None, name: Optional[str] = None) -> None:
        self.maxsize = maxsize
        self._open(segment, name, True)
        place = Place("semaphore", segment, named(name, "tasks"))
        permits = place.segment.semaphore(place.name, MOST_PROCESSES)
        self._items, self._idle = Signal(segment, named(name, "items")), Signal(segment, named(name, "idle"))
        place.belongs_to(self)
        self._begin(permits)

    def _begin(self, permits: _Semaphore) -> None:
        self._permits = permits
        self._tasks = _Tasks.of(self._handle, permits)

    def __init_subclass__(cls, **arguments: Any) -> None:
        super().__init_subclass__(**arguments)
        cls._by_hooks = any(getattr(cls, hook) is not getattr(Queue, hook) for hook in ("_put", "_get", "_qsize"))

    def __getstate__(self) -> Any:
        return super().__getstate__(), self.maxsize, self._permits, self._items, self._idle

    def __setstate__(self, state: Any) -> None:
        store, self.maxsize, permits, self._items, self._idle = state
        super().__setstate__(store)
        self._begin(permits)

    # Subclasses may replace them. With the lock.

    def _qsize(self) -> int:
        return self._handle.qsize()

    def _put(self, item: Any) -> None:
        self._handle.put(dumps(item))

    def _get(self) -> Any:
        return loads(super()._get_bytes(False))

    # Putting

    def put(self, item: Any, block: bool = True, timeout: Optional[float] = None) -> None:
        if self.maxsize > 0 and block:
            _check(timeout)
        until = deadline(block, timeout)
        if not self._by_hooks:
            done = self._put_bytes(dumps(item), self.maxsize, until)
        else:
            done = self._turns.do(lambda: self._put_by_hook(item), self._room, until) is not NOTHING
            self._items.tell()
        if not done:
            raise Full

    def _put_by_hook(self, item: Any) -> Any:
        if self.is_shutdown:
            raise ShutDown
        return NOTHING if 0 < self.maxsize <= self._qsize() else self._put(item)

    def put_nowait(self, item: Any) -> None:
        self.put(item, False)

    # Getting. What is got counts as a task of this process before it is done for the JobQueue: it counts at all times.

    def get(self, block: bool = True, timeout: Optional[float] = None) -> Any:
        if block:
            _check(timeout)
        if not self._by_hooks:
            return loads(self._get_bytes(block, timeout))
        item = self._turns.do(self._get_by_hook, self._items, deadline(block, timeout))
        if item is NOTHING:
            raise Empty
        self._tell_room()
        return item

    def _get_bytes(self, block: object = True, timeout: Optional[float] = None) -> bytes:
        job = self._take(block, timeout)
        value: bytes = job.value
        self._tasks.begin()
        try:
            job.done()
        except BaseException:
            self._end_task()
            raise
        self._tell_room()
        return value

    def _get_by_hook(self) -> Any:
        if self._qsize() <= 0:
            if self.is_shutdown:
                raise ShutDown
            return NOTHING
        self._tasks.begin()
        try:
            return self._get()
        except BaseException:
            self._end_task()
            raise

    def get_nowait(self) -> Any:
        return self.get(False)

    # Looking

    def qsize(self) -> int:
        if not self._by_hooks:
            return self._handle.qsize()
        self._turns.hold(None)
        try:
            return self._qsize()
        finally:
            self._turns.release()

    def empty(self) -> bool:
        return not self.qsize()

    def full(self) -> bool:
        return 0 < self.maxsize <= self.qsize()

    @property
    def is_shutdown(self) -> bool:
        return self._handle.is_shutdown

    @property
    def unfinished_tasks(self) -> int:
        return self._waiting() + self._tasks.of_all()

    # Tasks

    def _waiting(self) -> int:
        return self._handle._left

    def task_done(self) -> None:
        self._end_task()

    def _end_task(self) -> None:
        if self._tasks.end():
            self._idle.tell()

    def join(self) -> None:
        while self._waiting() or self._tasks.of_all():
            if not self._by_hooks:
                self._handle.join()
            if self._tasks.of_all() or self._waiting():
                self._idle.wait(None)
        self._idle.tell()

    def shutdown(self, immediate: bool = False) -> None:
        self._handle.shutdown(immediate)
        self._tell_all()

    def _tell_all(self) -> None:
        """Whoever is told tells the next."""
        self._tell_room()
        self._items.tell()
        self._idle.tell()


# ---- LifoQueue, PriorityQueue --------------------------------------------------------------------


class _Whole(Queue):
    """
    All values are one message: each change takes it, puts the next, and is done with the one before. What a killed process
    leaves beside the newest is older, by its number, and dropped.
    """

    def __init__(self, maxsize: int = 0, *, segment: _Segment = None, name: Optional[str] = None) -> None:
        super().__init__(maxsize, segment=segment, name=name)
        place = Place("event", segment, named(name, "shut"))
        self._shut = place.segment.event(place.name)
        place.belongs_to(self)

    def __getstate__(self) -> Any:
        return super().__getstate__(), self._shut

    def __setstate__(self, state: Any) -> None:
        queue, self._shut = state
        super().__setstate__(queue)

    def _newest(self) -> Optional[Job]:
        newest: Optional[Job] = None
        while True:
            job: Optional[Job] = self._handle._poll(None)
            if job is None and newest is None and self._handle._left:  # a killed process had it
                try:
                    job = self._handle.take(timeout=SLICE)
                except Empty:
                    continue
            if job is None:
                return newest
            if newest is None or job.number > newest.number:
                newest, job = job, newest
            if job is not None:
                job.done()

    def _change(self, change: Callable[[List[bytes]], Any]) -> Any:
        job = self._newest()
        values: List[bytes] = [] if job is None else loads(job.value)
        result = change(values)
        self._handle.put(dumps(values))
        if job is not None:
            job.done()
        return result

    def _qsize(self) -> int:
        job = self._newest()
        if job is None:
            return 0
        count = len(loads(job.value))
        job.retry()
        return count

    def _waiting(self) -> int:
        return self.qsize()

    @property
    def is_shutdown(self) -> bool:
        return self._shut.is_set()

    def shutdown(self, immediate: bool = False) -> None:
        self._turns.hold(None)
        try:
            self._shut.set()
            if immediate:
                self._change(list.clear)
        finally:
            self._turns.release()
        self._tell_all()


class LifoQueue(_Whole):
    """Last in, first out. Each put and get copies the whole queue."""

    def _put(self, item: Any) -> None:
        value = dumps(item)
        self._change(lambda values: values.append(value))

    def _get(self) -> Any:
        return loads(self._change(list.pop))


class _Entry:
    """A value that is only made anew if it is compared."""

    _item: Any = NOTHING

    def __init__(self, value: bytes) -> None:
        self.value = value

    def item(self) -> Any:
        if self._item is NOTHING:
            self._item = loads(self.value)
        return self._item

    def __lt__(self, other: "_Entry") -> bool:
        less: bool = self.item() < other.item()
        return less


class PriorityQueue(_Whole):
    """The lowest first. Each put and get copies the whole queue, and compares values while no other process can change it."""

    def _put(self, item: Any) -> None:
        entry = _Entry(dumps(item))
        self._change(lambda values: _of_entries(values, lambda entries: heapq.heappush(entries, entry)))

    def _get(self) -> Any:
        entry: _Entry = self._change(lambda values: _of_entries(values, heapq.heappop))
        return entry.item()


def _of_entries(values: List[bytes], change: Callable[[List[_Entry]], Any]) -> Any:
    entries = [_Entry(value) for value in values]
    result = change(entries)
    values[:] = [entry.value for entry in entries]
    return result


# ---- SimpleQueue ---------------------------------------------------------------------------------


class SimpleQueue(Store):
    """First in, first out, without a limit, and without tasks."""

    def __init__(self, *, segment: _Segment = None, name: Optional[str] = None) -> None:
        self._open(segment, name, False)

    def put(self, item: Any, block: bool = True, timeout: Optional[float] = None) -> None:
        self._handle.put(dumps(item))

    def put_nowait(self, item: Any) -> None:
        self._handle.put(dumps(item))

    def get(self, block: bool = True, timeout: Optional[float] = None) -> Any:
        if block:
            _check(timeout)
        return loads(self._get_bytes(block, timeout))

    def get_nowait(self) -> Any:
        return loads(self._get_bytes(False))
