"""Where the objects of shoal.compat.multiprocessing lie: a segment and a name for each of them."""

import os
import secrets
import threading
import weakref
from multiprocessing.util import Finalize
from typing import Any, Optional, Tuple, Union

from .._shoal import Error, Segment, _reattach, create, open, open_or_create

PREFIX = "multiprocessing-"
SIZE = "16G"  # a ceiling, not a cost

_guard = threading.Lock()
_of_process: Optional[Tuple[int, Segment]] = None


def _start_anew() -> None:
    global _guard
    _guard = threading.Lock()


os.register_at_fork(after_in_child=_start_anew)


def own_segment() -> Segment:
    """This process's: it goes when the last process that uses anything in it is gone."""
    global _of_process
    with _guard:
        if _of_process is None or _of_process[0] != os.getpid() or _of_process[1].closed:
            _sweep()
            made = create(f"{PREFIX}{os.getpid()}-{secrets.token_hex(8)}", SIZE, lifetime="shared")
            Finalize(None, _leave, (made, os.getpid()), exitpriority=-101)
            _of_process = os.getpid(), made
        return _of_process[1]


def _leave(segment: Segment, process: int) -> None:
    """A child of multiprocessing ends without leaving its segments: the name is taken away if nobody else is there."""
    if process == os.getpid() and len(segment.info().peers) == 1:
        try:
            segment.unlink()
        except Error:
            pass


def _sweep() -> None:
    """The names of those whose last process was killed: who opens one is told that it is gone, and then it is."""
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
    """The segment and the name of one object. Without a name of the user's, the name goes with the object made first."""

    def __init__(self, kind: str, segment: Union[Segment, str, None], name: Optional[str]) -> None:
        if segment is None:
            segment = own_segment()
        elif isinstance(segment, str):
            segment = open_or_create(segment, SIZE, lifetime="shared")
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


def _remove(segment: Segment, name: str, process: int) -> None:
    """Not in a forked child, which has a copy of the owner. Who has the object open keeps it."""
    if process == os.getpid():
        try:
            del segment[name]
        except Error:
            pass
