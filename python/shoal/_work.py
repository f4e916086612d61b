"""work(): job after job of a JobQueue, in this process, or in forked ones that this process keeps alive.

A worker and its supervisor have a socket between them. The worker writes what exceptions said; when it ends, however it does, the
supervisor sees the end of the socket. Counts are in memory that all share, so that a worker that is killed has counted what it did.
"""

import atexit
import inspect
import math
import mmap
import operator
import os
import select
import signal
import socket
import sys
import time
from collections import deque
from types import FrameType, TracebackType
from typing import Any, Callable, Deque, Dict, List, NoReturn, Optional, Set, Type, Union

from ._queue_errors import Empty, ShutDown
from ._records import Worked
from ._shoal import Error, Job, JobQueue, _leave_barriers

_Do = Union[Callable[[Any], object], Callable[[Any, Job], object]]
_Progress = Callable[[Worked], object]

_LOOK_AROUND = 0.05  # seconds: so often a worker without a job looks whether it should stop
_TELL_EVERY = 0.1  # seconds: progress is told no more often
_ERRORS = 16  # sentences that are kept: the last
_TEXT = 1000  # bytes of one
_MOST = 4096  # processes

# ---- SIGTERM and SIGINT ------------------------------------------------------------------------------

_STOPS = (signal.SIGTERM, signal.SIGINT)
_stops = 0  # how often this process was asked to stop, since the outermost work() of its main thread
_depth = 0  # a job's function may call work()


def _stop(_number: int, _frame: Optional[FrameType]) -> None:
    global _stops
    _stops += 1


class _Signals:
    """Both signals ask to stop, but where the program ignores one or has a handler (unless `all`). Only the main thread hears them."""

    def __init__(self, all: bool = False) -> None:
        self._all = all
        self._before: Dict[signal.Signals, Any] = {}
        self._hears = True

    def __enter__(self) -> "_Signals":
        global _stops, _depth
        try:
            self._take()
        except ValueError:  # not the main thread
            self._hears = False
            return self
        except BaseException:  # of a handler of the program
            self._give_back()
            raise
        if self._all or _depth == 0:
            _stops = 0
        _depth += 1
        return self

    def _take(self) -> None:
        nobodys = (signal.SIG_DFL, signal.default_int_handler)
        for number in _STOPS:
            before = signal.getsignal(number)
            is_ignored = before == signal.SIG_IGN and number == signal.SIGINT  # that of the terminal; a supervisor sends SIGTERM
            if before in nobodys or (self._all and not is_ignored):
                signal.signal(number, _stop)
                self._before[number] = before

    def _give_back(self) -> None:
        for number, before in self._before.items():
            signal.signal(number, before)

    def __exit__(self, type: Optional[Type[BaseException]], value: Optional[BaseException], traceback: Optional[TracebackType]) -> None:
        global _depth
        if self._hears:
            _depth -= 1
            self._give_back()

    @property
    def stops(self) -> int:
        return _stops if self._hears else 0


# ---- What there is to tell -----------------------------------------------------------------------------

_DONE, _RETRIED, _DEAD = 0, 1, 2  # of a tally: jobs
_ATTEMPT = 3  # of the job in the worker's hands; 0: none
_LEFT = 4  # it ends as it should: nothing is left to be done
_EXITED = 5  # it was told to stop, or its function raised SystemExit: no death; it is replaced, unless all are to stop
_TALLY = 6  # integers of 8 bytes, which only the worker writes while it lives


def _sentence(error: BaseException) -> str:
    kind = type(error)
    name = kind.__qualname__ if kind.__module__ in ("builtins", "__main__") else f"{kind.__module__}.{kind.__qualname__}"
    try:
        text = str(error)
    except Exception:
        text = "(which cannot say why)"
    return f"{name}: {text}" if text else name


class _Report:
    """The counts: those of the living workers, and of all that were."""

    def __init__(self, queue: JobQueue, progress: Optional[_Progress]) -> None:
        self._queue, self._progress = queue, progress
        self._tallies: List[memoryview] = []
        self._past = [0] * _TALLY
        self._told, self._changes = 0.0, 0
        self.died, self.running = 0, 0
        self.errors: Deque[str] = deque(maxlen=_ERRORS)

    def follow(self, tally: memoryview) -> None:
        self._tallies.append(tally)

    def close(self, tally: memoryview, *, dead: int = 0) -> None:
        """Its worker has ended, and with it so many jobs were given up. The next begins with zeros."""
        self._past[_DEAD] += dead
        for field in range(_TALLY):
            self._past[field] += tally[field]
            tally[field] = 0

    def _count(self, field: int) -> int:
        return self._past[field] + sum(tally[field] for tally in self._tallies)

    def worked(self) -> Worked:
        done, retried, dead = self._count(_DONE), self._count(_RETRIED), self._count(_DEAD)
        return Worked(done, retried, dead, self.died, self.running, self._queue._left, list(self.errors))

    def tell(self, at_once: bool = False) -> None:
        """If there is news, but not all the time."""
        if self._progress is None:
            return
        changes = self.died + sum(map(self._count, (_DONE, _RETRIED, _DEAD)))
        now = time.monotonic()
        if at_once or (changes != self._changes and now - self._told >= _TELL_EVERY):
            self._told, self._changes = now, changes
            self._progress(self.worked())


# ---- A worker --------------------------------------------------------------------------------------------


def _wants_job(do: _Do) -> bool:
    """Has it a second parameter without a default?"""
    try:
        parameters = inspect.signature(do).parameters.values()
    except (TypeError, ValueError):  # of C, and it does not say
        return False
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return sum(found.kind in positional and found.default is found.empty for found in parameters) >= 2


class _Worker:
    def __init__(self, queue: JobQueue, do: _Do, delay: float) -> None:
        self._queue, self._delay = queue, delay
        self._do: Callable[..., object] = do
        self._wants_job = _wants_job(do)
        self.attempts = queue.attempts

    def work(self, tally: memoryview, hear: Callable[[str], object], goes_on: Callable[[], bool], pause: Callable[[], None]) -> None:
        """Until the queue is shut and done, or until it does not go on. `pause` is called after each job, and now and then without one."""
        self._tally, self._hear = tally, hear
        more = True
        while more and goes_on():
            more = self._once()
            pause()
        tally[_EXITED if more else _LEFT] = 1

    def _once(self) -> bool:
        try:
            job = self._queue.take(timeout=_LOOK_AROUND)
        except Empty:
            return True
        except ShutDown:
            return False
        self._do_job(job)
        return True

    def _do_job(self, job: Job) -> None:
        """What is no Exception (SystemExit, KeyboardInterrupt) goes on, when the job was given back."""
        self._tally[_ATTEMPT] = job.attempt
        try:
            self._call(job)
        except Exception as error:
            self._hear(_sentence(error))
            self._finish(job, False)
        except BaseException as error:
            self._finish(job, False)
            self._tally[_EXITED] = isinstance(error, SystemExit)
            self._tally[_ATTEMPT] = 0
            raise
        else:
            self._finish(job, True)
        self._tally[_ATTEMPT] = 0

    def _call(self, job: Job) -> None:
        result = self._do(job.value, job) if self._wants_job else self._do(job.value)
        if inspect.isawaitable(result) or inspect.isgenerator(result) or inspect.isasyncgen(result):
            if not inspect.isasyncgen(result):
                getattr(result, "close", bool)()
            raise TypeError(f"do returned a {type(result).__name__}, of which nothing has run: the job is not done")

    def _finish(self, job: Job, is_done: bool) -> None:
        """It may be another's: its lease was over. Then that one counts it."""
        try:
            if job._ending is None:
                job.done() if is_done else job.retry(self._delay)
        except Error as error:
            self._hear(_sentence(error))
        else:
            self._tally[self._field(job)] += 1

    def _field(self, job: Job) -> int:
        """The function may have ended the job itself."""
        if job._ending == "done":
            return _DONE
        return _DEAD if job._ending == "buried" or (self.attempts and job.attempt >= self.attempts) else _RETRIED


def _work_here(worker: _Worker, report: _Report) -> None:
    tally = memoryview(bytearray(8 * _TALLY)).cast("q")
    report.follow(tally)
    report.running = 1
    with _Signals() as signals:
        worker.work(tally, report.errors.append, lambda: signals.stops == 0, report.tell)
    report.running = 0


# ---- Workers that are forked ---------------------------------------------------------------------------------

_TICK = 50  # milliseconds: so often the supervisor looks at signals, and at who died unheard
_SOON = 1  # milliseconds: while a worker is ending
_YOUNG = 1.0  # seconds: a worker that dies younger, and did nothing, is waited for
_PAUSE, _LONGEST_PAUSE = 0.05, 5.0  # seconds before the next one then; doubled each time, up to that
_BROKEN = 255  # status of a worker that an exception ended


class _Member:
    def __init__(self, tally: memoryview) -> None:
        self.tally = tally
        self.pid = 0  # 0: none
        self.socket: Optional[socket.socket] = None  # None: it says nothing any more
        self.over = False  # nobody takes its place any more
        self.failed = 0  # so often in a row it died young
        self.born = self.due = self.silent = 0.0  # when it was forked; when the next one is; when its socket ended

    def is_ending(self) -> bool:
        return self.pid != 0 and self.socket is None and time.monotonic() - self.silent < _YOUNG


def _pause_after(failed: int) -> float:
    return min(_PAUSE * 2.0 ** (min(failed, 10) - 1), _LONGEST_PAUSE) if failed else 0.0


def _flush() -> None:
    """What is in the buffers is not to be written twice, and by nobody's death lost."""
    for file in (sys.stdout, sys.stderr):
        try:
            file.flush()
        except (AttributeError, OSError, ValueError):  # None, closed, nobody reads
            pass


def _status(code: object) -> int:
    """What sys.exit(code) means."""
    if code is None or isinstance(code, int):
        return (code or 0) & 0xFF
    print(code, file=sys.stderr)
    return 1


class _Pool:
    def __init__(self, worker: _Worker, report: _Report, processes: int) -> None:
        self._worker, self._report = worker, report
        tallies = memoryview(mmap.mmap(-1, 8 * _TALLY * processes)).cast("q")
        self._members = [_Member(tallies[first : first + _TALLY]) for first in range(0, _TALLY * processes, _TALLY)]
        self._told = 0  # so often the workers were told to stop
        for member in self._members:
            report.follow(member.tally)

    def work(self) -> None:
        """An exception (of `progress`, of a signal's handler) goes on, when the workers have finished their jobs."""
        with _Signals() as self._signals:
            try:
                while self._starts():
                    self._listen()
                    self._report.tell()
            except BaseException:
                self._stop_and_wait()
                raise

    def _starts(self) -> bool:
        self._stop(self._signals.stops)
        for member in self._members:
            if not (member.pid or member.over or time.monotonic() < member.due):
                self._start(member)
        return not self._is_over()

    def _is_over(self) -> bool:
        return all(member.over and not member.pid for member in self._members)

    # ---- Starting them

    def _start(self, member: _Member) -> None:
        try:
            self._fork(member)
        except OSError as error:
            if self._report.running == 0 and member.failed == 0:
                raise OSError(error.errno, f"no worker can be forked: {error.strerror}") from None
            member.failed += 1
            member.due = time.monotonic() + _pause_after(member.failed)

    def _fork(self, member: _Member) -> None:
        """No signal comes between the fork and what has to be known of it, in either process."""
        _flush()
        mine, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        supervisor = os.getpid()
        with its:
            mask = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
            try:
                pid = os.fork()
                if pid == 0:
                    mine.close()
                    self._be_worker(member, its, supervisor, mask)
                member.pid, member.socket, member.born = pid, mine, time.monotonic()
                self._report.running += 1
            except OSError:
                mine.close()
                raise
            finally:
                signal.pthread_sigmask(signal.SIG_SETMASK, mask)

    # ---- The worker

    def _be_worker(self, member: _Member, its: socket.socket, supervisor: int, mask: Set[Union[int, signal.Signals]]) -> NoReturn:
        """Never back into the program that it is a copy of."""
        status = _BROKEN
        try:
            self._forget_parent()
            with _Signals(all=True) as signals:
                signal.pthread_sigmask(signal.SIG_SETMASK, mask)
                status = self._work_as(member, its, lambda: signals.stops == 0 and os.getppid() == supervisor)
        finally:
            os._exit(status)

    def _forget_parent(self) -> None:
        """Of what was there before the fork nothing is ended here."""
        signal.set_wakeup_fd(-1)  # of its event loop
        atexit._clear()
        atexit.register(_leave_barriers)
        for member in self._members:
            if member.socket is not None:
                member.socket.close()

    def _work_as(self, member: _Member, its: socket.socket, goes_on: Callable[[], bool]) -> int:
        def hear(sentence: str) -> None:
            try:
                its.send(sentence.encode("utf-8", "replace")[:_TEXT], socket.MSG_DONTWAIT | socket.MSG_NOSIGNAL)
            except OSError:
                pass  # the supervisor is gone, or does not keep up: the counts are right

        try:
            self._worker.work(member.tally, hear, goes_on, lambda: None)
            return 0
        except SystemExit as error:
            return _status(error.code)
        except BaseException as error:
            hear(_sentence(error))
            return _BROKEN
        finally:
            if "threading" in sys.modules:
                sys.modules["threading"]._shutdown()
            atexit._run_exitfuncs()
            _flush()

    # ---- Their end

    def _read(self, member: _Member) -> None:
        while member.socket is not None:
            try:
                said = member.socket.recv(_TEXT, socket.MSG_DONTWAIT)
            except BlockingIOError:
                return
            except OSError:
                said = b""
            if said:
                self._report.errors.append(said.decode("utf-8", "ignore"))
            else:
                member.socket.close()
                member.socket, member.silent = None, time.monotonic()

    def _reap(self) -> None:
        for member in self._members:
            if not member.pid:
                continue
            try:
                pid, status = os.waitpid(member.pid, os.WNOHANG)
            except ChildProcessError:  # the program waited for it, or ignores its children
                pid, status = member.pid, 0
            if pid:
                self._bury(member, status)

    def _bury(self, member: _Member, status: int) -> None:
        pid, tally = member.pid, member.tally
        self._read(member)
        if member.socket is not None:  # a process of its own has the other end
            member.socket.close()
        member.pid, member.socket = 0, None
        self._report.running -= 1
        left, exited, done, attempt = (bool(tally[_LEFT]), bool(tally[_EXITED]), tally[_DONE], tally[_ATTEMPT])
        died = not left and not exited
        is_last = died and 0 < self._worker.attempts <= attempt
        self._report.close(tally, dead=int(is_last))
        if died:
            self._report.died += 1
            how = f"was killed by signal {os.WTERMSIG(status)}" if os.WIFSIGNALED(status) else f"ended with status {os.WEXITSTATUS(status)}"
            self._report.errors.append(f"worker {pid} {how}")
        if not left:
            young = time.monotonic() - member.born < _YOUNG and done == 0
            member.failed = member.failed + 1 if young else 0
            member.due = time.monotonic() + _pause_after(member.failed)
        member.over = left or self._told > 0

    def _stop(self, times: int) -> None:
        """Once: finish your jobs. Twice: now."""
        if times <= self._told:
            return
        self._told = times
        for member in self._members:
            member.over = True
            if member.pid:
                os.kill(member.pid, signal.SIGTERM if times == 1 else signal.SIGKILL)

    def _stop_and_wait(self) -> None:
        try:
            self._stop(1)
            while not self._is_over():
                self._listen()
                self._stop(self._signals.stops)
        except BaseException:  # of a handler once more: its program does not want to wait
            self._stop(2)
            while not self._is_over():
                self._listen()
            raise

    # ---- The supervisor

    def _listen(self) -> None:
        """Until a worker says something, or ends, or the tick is over."""
        poll = select.poll()
        for member in self._members:
            if member.socket is not None:
                poll.register(member.socket, select.POLLIN)
        poll.poll(_SOON if any(member.is_ending() for member in self._members) else _TICK)
        for member in self._members:
            self._read(member)
        self._reap()


# ---- The function ------------------------------------------------------------------------------------------------


def _check(queue: JobQueue, do: _Do, processes: int, delay: float) -> None:
    if not isinstance(queue, JobQueue):
        raise TypeError(f"queue must be a JobQueue, not {type(queue).__name__}: make one with Segment.job_queue()")
    if not callable(do):
        raise TypeError(f"do must be callable, not {type(do).__name__}")
    if inspect.iscoroutinefunction(do):
        raise TypeError("do must not be a coroutine function: its jobs would be done before they begin; call asyncio.run() in a function")
    if not 0 <= processes <= _MOST:
        raise ValueError(f"processes must be between 0 and {_MOST}, not {processes}")
    if math.isnan(delay) or delay < 0:
        raise ValueError("a delay must be a non-negative number of seconds")


def work(queue: JobQueue, do: _Do, processes: int = 0, *, progress: Optional[_Progress] = None, delay: float = 0) -> Worked:
    """Call do(value) with each job of the queue, or do(value, job), until the queue is shut down and done, or until SIGTERM or SIGINT.

    A job whose call returns is done; one whose call raises is tried again after `delay` seconds. With a number of processes so many
    workers are forked; one that dies is replaced, and its job goes to another at once. `progress` is called with the counts when they
    have changed, at most ten times a second, and in the end.
    """
    processes = operator.index(processes)
    _check(queue, do, processes, delay)
    worker, report = _Worker(queue, do, delay), _Report(queue, progress)
    if processes:
        _Pool(worker, report, processes).work()
    else:
        _work_here(worker, report)
    report.tell(at_once=True)
    return report.worked()
