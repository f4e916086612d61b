"""What info(), segments() and Lock.owner return. Sizes are bytes, times are seconds since 1970 (time.time())."""

import time
from dataclasses import dataclass
from typing import Dict, List, Optional

# The binding gives the fields by position: keep the order in step with python/src/info.c.


@dataclass(frozen=True)
class Owner:
    """The holder of a lock."""

    pid: int  # in its own PID namespace
    thread: int  # kernel thread id
    since: float
    program: str
    alive: bool


@dataclass(frozen=True)
class Peer:
    """A process attached for writing."""

    slot: int
    pid: int  # in its own PID namespace
    since: float
    program: str
    alive: bool


@dataclass(frozen=True)
class LockInfo:
    """A lock and who holds it."""

    name: str
    owner: Optional[Owner]


@dataclass(frozen=True)
class Info:
    """Facts about an attached segment."""

    name: Optional[str]
    size: int  # the ceiling
    used: int  # by objects and tables
    committed: int  # memory that the host gives it now
    largest_free: int  # the largest block that could still be allocated
    objects: int
    kinds: Dict[str, int]  # how many objects there are of each kind
    peers: List[Peer]
    locks: List[LockInfo]
    peer_limit: int
    removed: int  # objects removed by name whose memory somebody still uses
    recoveries: int  # unfinished changes of dead processes that were completed or undone
    lifetime: str
    mode: int
    owner: int  # uid
    format: int
    created: float

    @property
    def age(self) -> float:
        return time.time() - self.created


@dataclass(frozen=True)
class SegmentInfo:
    """A segment as shoal.segments() lists it."""

    name: str
    size: int  # the ceiling
    used: int
    committed: int
    peers: int  # processes attached for writing
    owner: int  # uid
    mode: int
    lifetime: str
    created: float

    @property
    def age(self) -> float:
        return time.time() - self.created
