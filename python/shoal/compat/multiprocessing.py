"""The locks, shared values and queues of the standard library's multiprocessing, between any processes, related or not.

Each object lies in a segment under a name: those given as `segment` (a Segment, or the name of one) and `name`. Without
them the object gets a new name, in the segment of the program, or, if it is a value, an array or a queue, in that of this
process. It can be pickled at any time. All other names of this module are the standard library's:
`import shoal.compat.multiprocessing as multiprocessing` will do. See docs/multiprocessing.md.
"""

import errno
import math
import multiprocessing as _standard
import operator
import os
import threading
import time
import weakref
from types import TracebackType
from typing import Any, Callable, Optional, Type, TypeVar, Union

from .. import _shoal
from .._shoal import Segment
from ._values import Array as Array
from ._values import RawArray as RawArray
from ._values import RawValue as RawValue
from ._values import Value as Value
from ._place import Named, Place
from ._queues import JoinableQueue as JoinableQueue
from ._queues import Queue as Queue
from ._queues import SimpleQueue as SimpleQueue

__all__ = [
    "Array",
    "Barrier",
    "BoundedSemaphore",
    "BrokenBarrierError",
    "Condition",
    "Event",
    "JoinableQueue",
    "Lock",
    "Queue",
    "RLock",
    "RawArray",
    "RawValue",
    "Semaphore",
    "SimpleQueue",
    "Value",
]

_ACQUIRE = 1  # enum shoal_operation
_NOT_OWNED = "attempt to release recursive lock not owned by thread"
_T = TypeVar("_T")
_Segment = Union[Segment, str, None]


def __getattr__(name: str) -> Any:
    return getattr(_standard, name)


class NotHeldError(_shoal.LockError, ValueError):
    """The lock was released by a process that does not hold it."""


class BrokenBarrierError(_shoal.BrokenBarrier, threading.BrokenBarrierError):
    """The barrier is broken, or breaks while this thread waits at it, for whatever reason."""


class _Locking(Named):
    """The base of those that are acquired."""

    def acquire(self, block: bool = True, timeout: Optional[float] = None) -> bool:
        raise NotImplementedError

    def release(self) -> None:
        raise NotImplementedError

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(
        self,
        type: Optional[Type[BaseException]] = None,
        value: Optional[BaseException] = None,
        traceback: Optional[TracebackType] = None,
    ) -> None:
        self.release()


def _taken(handle: Any, block: bool, timeout: Optional[float]) -> bool:
    """A negative timeout counts as 0; with block=False the timeout is ignored. `block` is a bool or an int."""
    taken: bool
    if not operator.index(block):
        taken = handle.acquire(False)
    elif timeout is None:
        taken = handle.acquire()
    else:
        taken = handle.acquire(True, max(timeout, 0))
    return taken


# ---- Lock, RLock ---------------------------------------------------------------------------------


class _Holding(_Locking):
    _acquire: Callable[[], bool]  # the handle's own, to be spared a step
    _release: Callable[[], None]

    def _bind(self, handle: Any) -> None:
        self._handle, self._acquire, self._release = handle, handle.acquire, handle.release

    def __getstate__(self) -> Any:
        return self._handle

    def __setstate__(self, handle: Any) -> None:
        self._bind(handle)

    def locked(self) -> bool:
        locked: bool = self._handle.locked()
        return locked

    @property
    def recovered(self) -> bool:
        """Whether this process holds the lock and its last holder died holding it."""
        recovered: bool = self._handle.recovered
        return recovered

    def _holder(self) -> str:
        """The holder as the repr of the standard library has it, which names only this process and thread."""
        owner = self._handle.owner
        if owner is None:
            return "None"
        if _shoal._Wait.holds(self._handle):
            process, thread = _standard.current_process().name, threading.current_thread().name
            return process if thread == "MainThread" else f"{process}|{thread}"
        return "SomeOtherThread" if owner.pid == os.getpid() else "SomeOtherProcess"


class Lock(_Holding):
    """A lock that a process holds; any thread of it may release it. When the holder dies, the next taker gets it."""

    def __init__(self, *, segment: _Segment = None, name: Optional[str] = None) -> None:
        place = Place("lock", segment, name)
        self._bind(place.segment.lock(place.name))
        place.belongs_to(self)

    def acquire(self, block: bool = True, timeout: Optional[float] = None) -> bool:
        try:
            if block is True and timeout is None:
                return self._acquire()
            return _taken(self._handle, block, timeout)
        except _shoal.LockError:
            if not _shoal._Wait.holds(self._handle):
                raise  # a cycle
        # This thread has it. The standard library's lock would now wait until another thread releases it; so do we.
        return _shoal._Wait(self._handle, _ACQUIRE, None).until()

    def release(self) -> None:
        try:
            self._release()
        except _shoal.LockError as error:
            raise NotHeldError(str(error)) from None

    def __repr__(self) -> str:
        try:
            return f"<{type(self).__name__}(owner={self._holder()})>"
        except _shoal.Error:
            return f"<{type(self).__name__}(owner=unknown)>"

    __enter__ = acquire


class RLock(_Holding):
    """A lock that a thread holds, which may acquire it again."""

    _thread = 0  # the last that took it by way of this object, by its number, and how often; the lock itself guards both
    _depth = 0

    def _bind(self, handle: Any) -> None:
        super()._bind(handle)
        _rlocks.add(self)

    def __init__(self, *, segment: _Segment = None, name: Optional[str] = None) -> None:
        place = Place("rlock", segment, name)
        self._bind(place.segment.lock(place.name, True))
        place.belongs_to(self)

    def acquire(self, block: bool = True, timeout: Optional[float] = None) -> bool:
        if not (self._acquire() if block is True and timeout is None else _taken(self._handle, block, timeout)):
            return False
        thread = _shoal._thread_number()
        self._depth = self._depth + 1 if self._thread == thread else 1
        self._thread = thread
        return True

    def release(self) -> None:
        if self._depth > 0 and self._thread == _shoal._thread_number():
            self._depth -= 1
        elif not _shoal._Wait.holds(self._handle):  # it may have been taken by way of a copy
            raise AssertionError(_NOT_OWNED)
        try:
            self._release()
        except _shoal.LockError:
            raise AssertionError(_NOT_OWNED) from None

    def __repr__(self) -> str:
        try:
            holder = self._holder()
        except _shoal.Error:
            return f"<{type(self).__name__}(unknown, unknown)>"
        if holder == "None":
            return f"<{type(self).__name__}(None, 0)>"
        # By way of a copy it may have been taken more often than is known here.
        count = "nonzero" if holder.startswith("SomeOther") else max(self._depth if self._thread == _shoal._thread_number() else 0, 1)
        return f"<{type(self).__name__}({holder}, {count})>"

    __enter__ = acquire


def _forget_depths() -> None:
    """A forked child holds nothing, but its only thread has the number of the thread that forked."""
    for lock in list(_rlocks):
        lock._depth = 0


_rlocks: "weakref.WeakSet[RLock]" = weakref.WeakSet()
os.register_at_fork(after_in_child=_forget_depths)


# ---- Semaphore, BoundedSemaphore -----------------------------------------------------------------


def _count(value: int) -> int:
    """The value as an int; errors are those of the standard library."""
    value = operator.index(value)
    if not -(2**31) <= value < 2**31:
        raise OverflowError("Python int too large to convert to C int")
    if value < 0:
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
    return value


class Semaphore(_Locking):
    """A count that any process may raise. Permits belong to no process: those of a process that dies stay taken."""

    def __init__(self, value: int = 1, *, segment: _Segment = None, name: Optional[str] = None) -> None:
        place = Place("semaphore", segment, name)
        self._handle = place.segment.semaphore(place.name, _count(value), bounded=False)
        place.belongs_to(self)

    def acquire(self, block: bool = True, timeout: Optional[float] = None) -> bool:
        return _taken(self._handle, block, timeout)

    def release(self) -> None:
        try:
            self._handle.release()
        except OverflowError as error:
            raise ValueError(str(error)) from None

    def get_value(self) -> int:
        value: int = self._handle.value
        return value

    def __repr__(self) -> str:
        return f"<{type(self).__name__}(value={self.get_value()})>"


class BoundedSemaphore(Semaphore):
    """A Semaphore with a maximum: a release above it is a ValueError, if the count read before the release shows it."""

    def __init__(self, value: int = 1, *, segment: _Segment = None, name: Optional[str] = None) -> None:
        super().__init__(value, segment=segment, name=name)
        self._most = _count(value)

    def release(self) -> None:
        if self.get_value() >= self._most:
            raise ValueError("semaphore or lock released too many times")
        super().release()

    def __repr__(self) -> str:
        return f"<{type(self).__name__}(value={self.get_value()}, maxvalue={self._most})>"


# ---- Condition, Event, Barrier -------------------------------------------------------------------


def _so_many(n: float) -> int:
    """How often a loop runs that counts from 0 while its count is below n."""
    if not n > 0:
        return 0
    return math.ceil(min(n, 2**31 - 1))


class Condition(_Locking):
    """A condition of a Lock or an RLock of this module, in the same segment."""

    def __init__(
        self, lock: Union[Lock, RLock, None] = None, *, segment: _Segment = None, name: Optional[str] = None
    ) -> None:
        if lock is None:
            lock = RLock(segment=segment, name=None if name is None else f"{name}.lock")
        elif not isinstance(lock, (Lock, RLock)):
            raise TypeError(f"lock must be a Lock or RLock of {__name__}, not {type(lock).__name__}")
        place = Place("condition", lock.segment, name)
        self._lock = lock
        self._handle = place.segment.condition(place.name, lock._handle)
        place.belongs_to(self)

    def acquire(self, block: bool = True, timeout: Optional[float] = None) -> bool:
        return self._lock.acquire(block, timeout)

    def release(self) -> None:
        self._lock.release()

    def wait(self, timeout: Optional[float] = None) -> bool:
        self._check("wait()")
        notified: bool = self._handle.wait(None if timeout is None else max(timeout, 0))
        return notified

    def wait_for(self, predicate: Callable[[], _T], timeout: Optional[float] = None) -> _T:
        until = None if timeout is None else time.monotonic() + timeout
        result = predicate()
        while not result:
            rest = None if until is None else until - time.monotonic()
            if rest is not None and rest <= 0:
                break
            self.wait(rest)
            result = predicate()
        return result

    def notify(self, n: int = 1) -> None:
        self._check("notify()")
        self._handle.notify(_so_many(n))

    def notify_all(self) -> None:
        self._check("notify_all()")
        self._handle.notify_all()

    def _check(self, method: str) -> None:
        if not _shoal._Wait.holds(self._lock._handle):
            raise AssertionError(f"must acquire() condition before using {method}")

    def __repr__(self) -> str:
        try:
            return f"<Condition({self._lock}, {len(self._handle.waiters)})>"
        except _shoal.Error:
            return f"<Condition({self._lock}, unknown)>"


class Event(Named):
    def __init__(self, *, segment: _Segment = None, name: Optional[str] = None) -> None:
        place = Place("event", segment, name)
        self._handle = place.segment.event(place.name)
        place.belongs_to(self)

    def is_set(self) -> bool:
        is_set: bool = self._handle.is_set()
        return is_set

    def set(self) -> None:
        self._handle.set()

    def clear(self) -> None:
        self._handle.clear()

    def wait(self, timeout: Optional[float] = None) -> bool:
        was_set: bool = self._handle.wait(None if timeout is None else max(timeout, 0))
        return was_set

    def __repr__(self) -> str:
        return f"<Event at {id(self):#x} {'set' if self.is_set() else 'unset'}>"


class Barrier(Named):
    """A barrier that also breaks when a process dies that ever arrived at it, but not when such a process exits normally."""

    def __init__(
        self,
        parties: float,
        action: Optional[Callable[[], object]] = None,
        timeout: Optional[float] = None,
        *,
        segment: _Segment = None,
        name: Optional[str] = None,
    ) -> None:
        place = Place("barrier", segment, name)
        whole: Any = int(parties) if isinstance(parties, (bool, float)) and parties == parties // 1 else parties
        self._handle = place.segment.barrier(place.name, whole)
        self._action = action
        self._timeout = timeout
        place.belongs_to(self)

    def wait(self, timeout: Optional[float] = None) -> int:
        if timeout is None:
            timeout = self._timeout
        try:
            index: int = self._handle.wait(None if timeout is None else max(timeout, 0), action=self._action)
        except (_shoal.BrokenBarrier, _shoal.Timeout) as error:
            raise BrokenBarrierError(str(error)) from None
        return index

    def abort(self) -> None:
        self._handle.abort()

    def reset(self) -> None:
        self._handle.reset()

    @property
    def parties(self) -> int:
        parties: int = self._handle.parties
        return parties

    @property
    def n_waiting(self) -> int:
        n_waiting: int = self._handle.n_waiting
        return n_waiting

    @property
    def broken(self) -> bool:
        broken: bool = self._handle.broken
        return broken

    def __repr__(self) -> str:
        state = "broken" if self.broken else f"waiters={self.n_waiting}/{self.parties}"
        return f"<{type(self).__module__}.{type(self).__qualname__} at {id(self):#x}: {state}>"
