"""Arrays, values, counters, locks and queues in shared memory, by name, for the processes of one host.

>>> import shoal
>>> with shoal.create() as seg:
...     seg["title"] = "Grüße"
...     print(seg["title"])
Grüße
"""

from . import _leave as _leave
from ._shoal import AlreadyExists as AlreadyExists
from ._shoal import Barrier as Barrier
from ._shoal import BrokenBarrier as BrokenBarrier
from ._shoal import Channel as Channel
from ._shoal import Closed as Closed
from ._shoal import Condition as Condition
from ._shoal import Corrupt as Corrupt
from ._shoal import Counter as Counter
from ._shoal import Denied as Denied
from ._shoal import Error as Error
from ._shoal import Event as Event
from ._shoal import Job as Job
from ._shoal import JobQueue as JobQueue
from ._shoal import Frame as Frame
from ._shoal import FrameIterator as FrameIterator
from ._shoal import FrameWriter as FrameWriter
from ._shoal import KeyLock as KeyLock
from ._shoal import Lock as Lock
from ._shoal import Locks as Locks
from ._shoal import LockError as LockError
from ._shoal import Map as Map
from ._shoal import NdArray as NdArray
from ._shoal import NoSpace as NoSpace
from ._shoal import NotFound as NotFound
from ._shoal import ObjectNotFound as ObjectNotFound
from ._shoal import OwnerDied as OwnerDied
from ._shoal import Queue as Queue
from ._shoal import RWLock as RWLock
from ._shoal import RWLockGuard as RWLockGuard
from ._shoal import ReadOnly as ReadOnly
from ._shoal import Segment as Segment
from ._shoal import Semaphore as Semaphore
from ._shoal import Stream as Stream
from ._shoal import StreamReader as StreamReader
from ._shoal import Timeout as Timeout
from ._shoal import TypeMismatch as TypeMismatch
from ._shoal import VersionMismatch as VersionMismatch
from ._shoal import __version__ as __version__
from ._shoal import backup as backup
from ._shoal import create as create
from ._shoal import open as open
from ._shoal import open_or_create as open_or_create
from ._shoal import release_all as release_all
from ._shoal import segments as segments
from ._shoal import unlink as unlink

TYPE_CHECKING = False  # typing.TYPE_CHECKING without importing typing
if TYPE_CHECKING:
    from ._queue_errors import Empty as Empty
    from ._queue_errors import Full as Full
    from ._queue_errors import ShutDown as ShutDown
    from ._records import DeadJob as DeadJob
    from ._records import Info as Info
    from ._records import LockInfo as LockInfo
    from ._records import MapStats as MapStats
    from ._records import Owner as Owner
    from ._records import Peer as Peer
    from ._records import SegmentInfo as SegmentInfo
    from ._records import Worked as Worked
    from ._work import work as work
else:

    def __getattr__(name):
        """Import these on first use: dataclasses would take nine tenths of the time of `import shoal`."""
        if name in ("Empty", "Full", "ShutDown"):
            from . import _queue_errors

            return getattr(_queue_errors, name)
        if name == "work":
            from . import _work

            return _work.work
        if name in __all__:
            from . import _records

            return getattr(_records, name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

    def __dir__():
        return sorted({*globals(), *__all__})


__all__ = [
    "AlreadyExists",
    "Barrier",
    "BrokenBarrier",
    "Channel",
    "Closed",
    "Condition",
    "Corrupt",
    "Counter",
    "DeadJob",
    "Denied",
    "Empty",
    "Error",
    "Event",
    "Frame",
    "FrameIterator",
    "FrameWriter",
    "Full",
    "Info",
    "Job",
    "JobQueue",
    "KeyLock",
    "Lock",
    "LockError",
    "LockInfo",
    "Locks",
    "Map",
    "MapStats",
    "NdArray",
    "NoSpace",
    "NotFound",
    "ObjectNotFound",
    "Owner",
    "OwnerDied",
    "Peer",
    "Queue",
    "RWLock",
    "RWLockGuard",
    "ReadOnly",
    "Segment",
    "SegmentInfo",
    "Semaphore",
    "ShutDown",
    "Stream",
    "StreamReader",
    "Timeout",
    "TypeMismatch",
    "VersionMismatch",
    "Worked",
    "__version__",
    "backup",
    "create",
    "open",
    "open_or_create",
    "release_all",
    "segments",
    "unlink",
    "work",
]
