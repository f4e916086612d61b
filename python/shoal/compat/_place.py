"""Where the objects of shoal.compat.multiprocessing lie: a segment and a name for each of them.

All locks of a program lie in one segment: a program is the process that imported this module first, and all processes that
descend from it by multiprocessing or fork. So deadlocks are found wherever in the program a lock was made. Values,
arrays and queues, which may be large, lie in a segment of the process that made them.
"""

import os
import secrets
import threading
import weakref
from collections import deque
from multiprocessing import process
from multiprocessing.util import Finalize, register_after_fork
from typing import Any, Deque, Dict, Optional, Tuple, Union

from .._shoal import Error, LockError, NoSpace, Segment, _end, _reattach, open, open_or_create

PREFIX = "multiprocessing-"
SIZES = "16G", "1G", "64M"  # ceilings, not costs: the first that this process has address space for
KEY = "shoal"  # in the configuration that a process of multiprocessing hands on to those it starts
DATA = ("value", "array", "queue")
AT_ONCE = 4  # names of what was held are tried again with each new object: more than one, so that they become fewer

_guard = threading.Lock()
_left: Deque[Tuple[Segment, str, int]] = deque()  # names of what somebody held when its owner was collected
_entered: Dict[str, Tuple[int, Segment]] = {}  # by name: since when (which process) it is ours, and it
_own_name: Tuple[int, str] = 0, ""
_without_configuration: Dict[str, Any] = {}


def _start_anew() -> None:
    global _guard
    _guard = threading.Lock()


os.register_at_fork(after_in_child=_start_anew)


def _new_name() -> str:
    return f"{PREFIX}{os.getpid()}-{secrets.token_hex(8)}"


def _name_of_program() -> str:
    """The name of the program's segment. Each process gets it from the one that started it, by whatever method."""
    configuration: Dict[str, Any] = getattr(process.current_process(), "_config", _without_configuration)
    name: str = configuration.setdefault(KEY, _new_name())
    return name


def _open_or_create(name: str) -> Segment:
    for size in SIZES[:-1]:
        try:
            return open_or_create(name, size, lifetime="shared")
        except NoSpace:  # `ulimit -v`, mostly
            pass
    return open_or_create(name, SIZES[-1], lifetime="shared")


def _enter(name: str) -> Segment:
    """Attach the segment, which is unlinked when the last process that has it is gone."""
    since, segment = _entered.get(name, (0, None))
    if segment is None or since != os.getpid() or segment.closed:
        if name.startswith(f"{PREFIX}{os.getpid()}-"):
            _sweep()
        segment = _open_or_create(name)
        Finalize(None, _leave, (segment, os.getpid()), exitpriority=-101)
        _entered[name] = os.getpid(), segment
    return segment


def own_segment() -> Segment:
    """The segment of this process."""
    global _own_name
    with _guard:
        if _own_name[0] != os.getpid():
            _own_name = os.getpid(), _new_name()
        return _enter(_own_name[1])


def program_segment() -> Segment:
    """The segment of the program; that of this process, if it may not open the program's (it has changed its user)."""
    with _guard:
        try:
            return _enter(_name_of_program())
        except Error:
            pass
    return own_segment()


def _leave(segment: Segment, process: int) -> None:
    """A child of multiprocessing ends without closing its segments: unlink the name if no other process is attached."""
    if process == os.getpid():
        try:
            _end(segment)
        except Error:
            pass


class _Registered:
    """The object that register_after_fork() wants; _registered keeps it alive."""


def _leave_at_the_end(_child_of_multiprocessing: object) -> None:
    """Register the finalizers of inherited segments again: a forked child has dropped those of its parent."""
    for _, segment in list(_entered.values()):
        Finalize(None, _leave, (segment, os.getpid()), exitpriority=-101)


_registered = _Registered()
register_after_fork(_registered, _leave_at_the_end)
_name_of_program()  # before this process starts others


def _sweep() -> None:
    """Unlink the segments whose last process was killed: opening such a segment fails with NotFound and unlinks it."""
    try:
        files = os.listdir(os.environ.get("SHOAL_DIR") or "/dev/shm")
    except OSError:
        return
    for file in files:
        name = file[len("shoal.") :]
        if file.startswith("shoal." + PREFIX) and not os.path.exists("/proc/" + name[len(PREFIX) :].partition("-")[0]):
            try:
                open(name).close()
            except Error:
                pass


class Place:
    """The segment and the name of one object. A name that the user did not give is removed with its first owner."""

    def __init__(self, kind: str, segment: Union[Segment, str, None], name: Optional[str]) -> None:
        _remove_left()
        self.given = segment
        if segment is None:
            segment = own_segment() if kind in DATA and name is None else program_segment()
        elif isinstance(segment, str):
            segment = _open_or_create(segment)
        self.segment = segment
        self.name = f"{kind}-{secrets.token_hex(8)}" if name is None else name
        self.passing = name is None

    def belongs_to(self, owner: object) -> None:
        if self.passing:
            finalizer: Any = weakref.finalize(owner, _remove, self.segment, self.name, os.getpid())
            finalizer.atexit = False

    def remove(self) -> None:
        _remove(self.segment, self.name, os.getpid())


def segment_of(handle: Any) -> Segment:
    """The segment of a live object, also of one that came out of a pickle."""
    origin = handle.__reduce__()[1][0]
    return _reattach(origin)


class Named:
    """The base of all: `_handle` does the work, and is pickled as the name of its segment and its own name."""

    _handle: Any

    @property
    def segment(self) -> Segment:
        return segment_of(self._handle)

    @property
    def name(self) -> str:
        name: str = self._handle.name
        return name


def _remove_left() -> None:
    """Try to remove AT_ONCE of the left names: a new object costs the same however many are left. Threads run this at once."""
    for _ in range(min(AT_ONCE, len(_left))):
        try:
            left = _left.popleft()
        except IndexError:
            return
        _remove(*left)


def _remove(segment: Segment, name: str, process: int) -> bool:
    """
    Remove the name, but not in a forked child, which has a copy of the owner. Processes that have the object open keep it.
    False: it is still held or waited for; the removal is tried again when later objects are made.
    """
    if process == os.getpid():
        try:
            del segment[name]
        except LockError:
            _left.append((segment, name, process))
            return False
        except Error:
            pass
    return True
