"""Waiting in tasks of asyncio. The coroutine methods of the objects call these; docs/asyncio.md says why they work so.

All waiting tasks of the interpreter, whatever their loops, share one thread. It sleeps in the kernel on all that they
wait for, and tells a loop when something has changed; it does nothing else. Each task tries in its own loop, so it has
what it gets (a lock, a permit) before anybody could cancel it.
"""

import asyncio
import os
import threading
import time
from collections import deque
from types import TracebackType
from typing import Any, Awaitable, Callable, Coroutine, Deque, Dict, Generator, List, Optional, Tuple, Type, TypeVar, Union

from ._shoal import Barrier, Channel, Condition, Job, JobQueue, Queue, Stream, StreamReader, Frame, FrameIterator, Timeout, _Sleeper, _Wait

_T = TypeVar("_T")
_Future = asyncio.Future[bool]
_Loop = asyncio.AbstractEventLoop
_Place = Tuple[_Loop, int, int]

_NOTIFY, _PASS, _PUT, _GET, _FRAME = 6, 7, 8, 9, 11  # enum shoal_operation

_sleeper = _Sleeper()
# The tasks of one loop that want the same thing, where only one can have it: the first of them waits for it, and those
# here, whose futures these are, wait for their turn. So one release does not wake them all.
_lines: Dict[_Place, Deque[_Future]] = {}
_of_parents: List[Dict[_Place, Deque[_Future]]] = []


def _start_anew() -> None:
    """A forked child has no thread. The futures are its parent's: kept, as asyncio complains of a pending task that goes."""
    global _sleeper, _lines
    _of_parents.append(_lines)
    _sleeper, _lines = _Sleeper(), {}


os.register_at_fork(after_in_child=_start_anew)

# ---- The thread ----------------------------------------------------------------------------------


def _watch(sleeper: _Sleeper) -> None:
    while True:
        ready = sleeper.sleep()
        if ready is None:
            return
        _announce(sleeper, ready)
        del ready


def _announce(sleeper: _Sleeper, ready: List[Tuple[_Wait, _Future]]) -> None:
    by_loop: Dict[_Loop, List[Tuple[_Wait, _Future]]] = {}
    for pair in ready:
        by_loop.setdefault(pair[1].get_loop(), []).append(pair)
    for loop, pairs in by_loop.items():
        try:
            loop.call_soon_threadsafe(_wake, [future for _, future in pairs])
        except RuntimeError:  # it was closed meanwhile, and its tasks will never run again
            for wait, _ in pairs:
                sleeper.give_up(wait)
            _forget(loop)


def _wake(futures: List[_Future]) -> None:
    for future in futures:
        if not future.done():
            future.set_result(True)


def _forget(loop: _Loop) -> None:
    for place in list(_lines):
        if place[0] is loop:
            _lines.pop(place, None)


def _start_thread(sleeper: _Sleeper) -> None:
    try:
        threading.Thread(target=_watch, args=(sleeper,), name="shoal-waits", daemon=sleeper.daemon).start()
    except BaseException:
        sleeper.unwatched()
        raise


# ---- Waiting -------------------------------------------------------------------------------------


async def _changed(wait: _Wait) -> None:
    """Wait until another try of the wait may succeed."""
    future: _Future = asyncio.get_running_loop().create_future()
    try:
        if _sleeper.add(wait, future):
            _start_thread(_sleeper)
        await future
    except BaseException:
        _sleeper.remove(wait)
        raise


async def _ended(wait: _Wait) -> bool:
    """Try until the wait ends: True; False if its timeout passed first."""
    while True:
        ended = wait.attempt()
        if ended is not None:
            return ended
        await _changed(wait)


async def _ended_or_given_up(wait: _Wait) -> bool:
    try:
        return await _ended(wait)
    except BaseException:
        _sleeper.give_up(wait)
        raise


# ---- In line -------------------------------------------------------------------------------------


async def _ended_in_turn(wait: _Wait, side: int = 0) -> bool:
    """As _ended_or_given_up, but in turn: first come, first served among the tasks of the loop, on each side of a queue."""
    place = (asyncio.get_running_loop(), wait.key, side)
    line = _lines.get(place)
    if line is None or wait.rest == 0:
        ended = wait.attempt()
        if ended is not None:
            return ended
    try:
        if line is None:
            line = _lines[place] = deque()
        elif not await _turn(place, line, wait):
            _sleeper.give_up(wait)
            return False
        try:
            return await _ended(wait)
        finally:
            _pass_turn(place, line)
    except BaseException:
        _sleeper.give_up(wait)
        raise


async def _turn(place: _Place, line: Deque[_Future], wait: _Wait) -> bool:
    """Wait for this task's turn; False if the wait's timeout passed first."""
    future: _Future = place[0].create_future()
    line.append(future)
    rest = wait.rest
    timer = None if rest is None else place[0].call_later(rest, _time_over, future)
    try:
        return await future
    except BaseException:
        if future.done() and not future.cancelled() and future.result():
            _pass_turn(place, line)  # we had it already, and do not use it
        raise
    finally:
        if timer is not None:
            timer.cancel()
        if future in line:
            line.remove(future)


def _time_over(future: _Future) -> None:
    if not future.done():
        future.set_result(False)


def _pass_turn(place: _Place, line: Deque[_Future]) -> None:
    while line and not place[0].is_closed():
        future = line.popleft()
        if not future.done():
            future.set_result(True)
            return
    if _lines.get(place) is line:
        del _lines[place]


# ---- What the methods call -----------------------------------------------------------------------


async def take(handle: object, operation: int, timeout: Optional[float] = None) -> bool:
    """Wait for what only one waiter at a time can get: the tasks of a loop try in turn."""
    return await _ended_in_turn(_Wait(handle, operation, timeout))


async def wait(handle: object, operation: int, argument: Union[int, bytes] = 0, timeout: Optional[float] = None) -> bool:
    """Wait for what all waiters can get at once."""
    return await _ended_or_given_up(_Wait(handle, operation, timeout, argument))


async def wait_barrier(barrier: Barrier, timeout: Optional[float] = None) -> int:
    wait = _Wait(barrier, _PASS, timeout)
    await _ended_or_given_up(wait)
    if wait.last:
        wait.let_pass()
    return wait.index


async def wait_condition(condition: Condition, timeout: Optional[float] = None) -> bool:
    """Like asyncio's Condition.wait(): holds the lock again whatever happens, and raises CancelledError only then."""
    wait = _Wait(condition, _NOTIFY, timeout)
    failure: Optional[BaseException] = None
    try:
        try:
            await _ended(wait)
        except (Exception, asyncio.CancelledError) as error:
            failure = error
        while True:
            notified = wait.end()
            if notified is not None:
                break
            try:
                await _changed(wait)
            except asyncio.CancelledError as error:
                failure = error
    except BaseException:
        _sleeper.give_up(wait)
        raise
    if failure is None:
        return notified
    if notified:
        condition.notify()  # for another: this task is not going to act on it
    raise failure


async def wait_condition_for(condition: Condition, predicate: Callable[[], _T], timeout: Optional[float] = None) -> _T:
    until = None if timeout is None else time.monotonic() + timeout
    result = predicate()
    while not result:
        rest = None if until is None else until - time.monotonic()
        if rest is not None and rest <= 0:
            break
        await wait_condition(condition, rest)
        result = predicate()
    return result


async def read(stream: Stream, place: Union[Stream, StreamReader], timeout: Optional[float] = None) -> Any:
    until = None if timeout is None else time.monotonic() + timeout
    while True:
        polled = place._poll()
        if isinstance(polled, tuple):
            return polled[0]
        rest = None if until is None else until - time.monotonic()
        if rest is not None and rest <= 0 or not await wait(stream, _GET, polled, rest):
            raise Timeout(f"stream {stream.name!r}: message {polled + 1} did not come in time")


async def read_frame(
    channel: Channel, newer_than: Optional[int], copy: bool, timeout: Optional[float] = None
) -> Optional[Frame]:
    until = None if timeout is None else time.monotonic() + timeout
    while True:
        frame = channel.read(newer_than, 0, copy)
        if frame is not None:
            return frame
        rest = None if until is None else max(0.0, until - time.monotonic())
        if not await wait(channel, _FRAME, newer_than or 0, rest):
            return None


async def next_frame(frames: FrameIterator, timeout: None = None) -> Frame:
    while True:
        frame = frames._attempt()
        if frame is not None:
            return frame
        await wait(frames.channel, _FRAME, frames.last)


async def enter(thing: _T, taken: Awaitable[bool]) -> _T:
    if not await taken:
        raise Timeout("the lock could not be acquired in time")
    return thing


async def leave(result: _T) -> _T:
    return result


# ---- Queues --------------------------------------------------------------------------------------

_NOTHING = object()
_LONGEST_PAUSE = 0.02  # seconds: of a process that was stopped within the queue nobody tells


async def _succeeded(queue: object, operation: int, argument: int, timeout: Optional[float], attempt: Callable[[], bool]) -> bool:
    """Try whenever it may succeed, until it does: True; False if the timeout passed first. What it gets it has before it can be cancelled."""
    until = None if timeout is None else time.monotonic() + timeout
    pause = 0.0
    while not attempt():
        rest = None if until is None else until - time.monotonic()
        if rest is not None and rest <= 0:
            return False
        if pause:  # it should have succeeded, but another was quicker, or is at work in the queue without getting on
            await asyncio.sleep(min(pause, _LONGEST_PAUSE) if rest is None else min(pause, _LONGEST_PAUSE, rest))
        if not await _ended_in_turn(_Wait(queue, operation, rest, argument), operation):
            return False
        pause = 2 * pause + 0.0001
    return True


async def put(queue: Queue, value: Any, timeout: Optional[float] = None) -> None:
    if queue._offer(value):
        return
    parcel, size = queue._parcel(value)
    if not await _succeeded(queue, _PUT, size, timeout, lambda: queue._offer_parcel(parcel)):
        queue._offer_parcel(parcel, True)


async def put_job(queue: JobQueue, parcel: bytes, priority: int, delay: int, timeout: Optional[float] = None) -> None:
    if not await _succeeded(queue, _PUT, len(parcel), timeout, lambda: queue._offer_parcel(parcel, priority, delay)):
        queue._offer_parcel(parcel, priority, delay, True)


async def get(queue: Queue, timeout: Optional[float] = None) -> Any:
    value: Any = _NOTHING

    def attempt() -> bool:
        nonlocal value
        value = queue._poll(_NOTHING)
        return value is not _NOTHING

    if await _succeeded(queue, _GET, 0, timeout, attempt):
        return value
    return queue.get_nowait()  # or it says why not


async def get_next(queue: Queue, timeout: Optional[float] = None) -> Any:
    from ._queue_errors import ShutDown

    try:
        return await get(queue, timeout)
    except ShutDown:
        raise StopAsyncIteration from None


async def _take_job(queue: JobQueue, timeout: Optional[float]) -> Job:
    job: Any = _NOTHING

    def attempt() -> bool:
        nonlocal job
        job = queue._poll(_NOTHING)
        return job is not _NOTHING

    if await _succeeded(queue, _GET, 0, timeout, attempt):
        return job  # type: ignore[no-any-return]
    return queue.take(False)


class _Taking(Coroutine[Any, Any, Job]):
    """To be awaited, for the job, or to be used with `async with`, which ends the job as well."""

    def __init__(self, coroutine: Coroutine[Any, Any, Job]) -> None:
        self._coroutine = coroutine
        self._job: Optional[Job] = None

    def __await__(self) -> Generator[Any, Any, Job]:
        return self._coroutine.__await__()

    def send(self, value: Any) -> Any:
        return self._coroutine.send(value)

    def throw(self, *args: Any) -> Any:
        return self._coroutine.throw(*args)

    def close(self) -> None:
        self._coroutine.close()

    async def __aenter__(self) -> Job:
        self._job = await self._coroutine
        return self._job

    async def __aexit__(
        self, type: Optional[Type[BaseException]], value: Optional[BaseException], traceback: Optional[TracebackType]
    ) -> None:
        if self._job is not None:
            self._job.__exit__(type, value, traceback)


def take_job(queue: JobQueue, timeout: Optional[float] = None) -> _Taking:
    return _Taking(_take_job(queue, timeout))
