"""What info(), segments(), work(), Lock.owner and waiters return. Sizes are bytes, times are seconds since 1970 (time.time())."""

import time
import typing
from dataclasses import dataclass, fields
from typing import Dict, List, Optional

# The binding gives the fields of Owner, SegmentInfo and DeadJob by position: keep the order in step with python/src/info.c and
# python/src/job_queue.c.


@dataclass(frozen=True)
class Owner:
    """A holder of a lock, or a waiter for it."""

    pid: int  # in its own PID namespace
    thread: int  # kernel thread id; 0: a task of an event loop, or not known
    since: float  # 0: not known
    program: str
    alive: bool
    count: int = 1  # how many threads of it read an RWLock, how many permits of a Semaphore it holds; 0: waiters are cut


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
    """A Lock, RWLock, Semaphore, Event, Condition or Barrier, its holders and its waiters."""

    name: str
    kind: str
    holders: List[Owner]  # of an RWLock its writer or its readers, of a Barrier those who have arrived
    waiters: List[Owner]

    @property
    def owner(self) -> Optional[Owner]:
        """The only holder, or the first."""
        return self.holders[0] if self.holders else None


@dataclass(frozen=True)
class DeadJob:
    """A job that is not tried again, of JobQueue.dead."""

    value: typing.Any
    number: int
    attempts: int  # how often it was taken
    priority: int
    pid: int  # of the worker of its last attempt
    reason: str  # how that ended: "died", "retried", "late" (the lease was over), "buried"
    since: float  # when it ended
    put_at: float


@dataclass(frozen=True)
class MapStats:
    """What Map.stats() knows. Sizes are in bytes."""

    items: int  # those that expired count until their memory is wanted
    max_bytes: int
    used: int  # of memory that it has: live + dead + free + index
    live: int  # of items, each with its key and 24 more
    dead: int  # of items that were replaced or removed
    free: int
    index: int
    hits: int  # since it was made; within some hundreds a process
    misses: int
    evicted: int
    expired: int
    moved: int  # items that were kept when their neighbours went
    shards: int
    flights: int  # keys that are computed now


@dataclass(frozen=True)
class Worked:
    """What work() has done."""

    done: int  # jobs
    retried: int  # jobs that were given back
    dead: int  # jobs that were given up
    died: int  # workers
    running: int  # workers now
    left: int  # jobs that are ready, delayed or taken
    errors: List[str]  # the last 16 sentences of exceptions and deaths


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


def described(name: Optional[str], facts: Dict[str, typing.Any]) -> Info:
    """The Info of a segment that was opened by that name, made of the facts of shoal_segment_describe."""
    peers = [Peer(**peer) for peer in facts["peers"]]
    locks = [_lock(**lock) for lock in facts["locks"]]
    told: Dict[str, typing.Any] = {**facts, "name": name, "peers": peers, "locks": locks}
    return Info(**{field.name: told[field.name] for field in fields(Info)})


def _lock(name: str, kind: str, holders: List[Dict[str, typing.Any]], waiters: List[Dict[str, typing.Any]], **_: typing.Any) -> LockInfo:
    return LockInfo(name, kind, [Owner(**owner) for owner in holders], [Owner(**owner) for owner in waiters])
