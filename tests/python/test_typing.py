"""The stubs are sound, say what the module has, and let a user's program through a strict type checker."""

import pathlib
import subprocess
import sys

import pytest

import shoal

pytest.importorskip("mypy")
pytestmark = pytest.mark.timeout(300)  # a type checker on a loaded machine

USE = '''
import shoal
from typing import List, Optional

def use(seg: shoal.Segment) -> Optional[int]:
    with shoal.open_or_create("name", "1M", mode=0o600) as other, shoal.open("x", readonly=True, owner="any") as third:
        other["k"] = {"a": [1, 2]}
        names: List[str] = list(other) + third.keys()
    array: shoal.NdArray = seg.array("a", (2, 3), "f8")
    array[0, 1] = 5
    array[..., ::2] = [[1], [2]]
    row = array[0]
    memory: memoryview = memoryview(array)
    total: int = len(array) + array.ndim + len(names) + len(memory)
    counter: shoal.Counter = seg.counter("c", initial=5)
    value: int = counter.add() + counter.sub(2) + int(counter) + counter.value
    changed: bool = counter.compare_exchange(1, 2) and counter.wait(5, timeout=1.5)
    lock: shoal.Lock = seg.lock("l", reentrant=True, strict=True)
    with lock as held:
        recovered: bool = held.recovered
    if not lock.acquire(timeout=1.0) or lock.acquire(block=False):
        return None
    owner: Optional[shoal.Owner] = lock.owner
    if owner is not None and owner.alive:
        return owner.pid
    for peer in seg.info().peers:
        print(peer.pid, peer.since)
    for found in seg.info().locks:
        print(found.kind, [holder.count for holder in found.holders + found.waiters])
    rwlock: shoal.RWLock = seg.rwlock("rw")
    with rwlock.read(timeout=1) as guard:
        inside: shoal.RWLockGuard = guard
        recovered = guard.recovered or inside.writing
    readers: List[shoal.Owner] = rwlock.readers
    semaphore: shoal.Semaphore = seg.semaphore("s", 3, bounded=False)
    with semaphore as permit:
        total += permit.value + semaphore.initial + len(readers)
    event: shoal.Event = seg.event("e")
    condition: shoal.Condition = seg.condition("c", lock)
    with condition as entered:
        text: str = entered.wait_for(lambda: "x", timeout=5)
        woken: int = condition.notify(2) + condition.notify_all()
    barrier: shoal.Barrier = seg.barrier("b", 2)
    try:
        total += barrier.wait(1.5, action=event.set) + woken + len(text)
    except shoal.BrokenBarrier:
        barrier.reset()
    try:
        seg["k"]
    except shoal.ObjectNotFound as error:
        print(error.errno)
    except (shoal.NoSpace, KeyError):
        pass
    return total + value + changed + recovered

def use_channel(seg: shoal.Segment) -> Optional[float]:
    channel: shoal.Channel = seg.channel("video", (2, 3), "u1", slots=4, history=2)
    with channel.write() as picture:
        if picture is not None:
            picture[...] = 0
    sent: bool = seg.channel("state", bytes="4K").send({"a": 1})
    for each in channel:
        return each.time + each.missed + len(memoryview(each.array)) if sent else None
    frame: Optional[shoal.Frame] = channel.read(newer_than=5, timeout=1.0, copy=True)
    return None if frame is None else frame.time

def use_work(queue: shoal.JobQueue) -> int:
    def do(value: str, job: shoal.Job) -> None:
        print(value, job.attempt)

    told: List[shoal.Worked] = []
    worked: shoal.Worked = shoal.work(queue, do, 2, progress=told.append, delay=0.5)
    return worked.done + shoal.work(queue, print).left + len(worked.errors)

async def use_frames(channel: shoal.Channel) -> int:
    frame = await channel.read_async(3, timeout=1)
    async for each in channel:
        return each.number - (frame.number if frame else 0)
    return 0

async def use_async(seg: shoal.Segment) -> bool:
    async with seg.lock("l") as lock, seg.rwlock("rw").write(5) as guard, seg.semaphore("s") as permit:
        print(lock.owner, guard.recovered, permit.held)
    condition = seg.condition("c", lock)
    async with condition:
        number: int = await condition.wait_for_async(lambda: 5)
    index: int = await seg.barrier("b", 2).wait_async(timeout=1)
    return await seg.event("e").wait_async() and await seg.counter("c").wait_async(5) and number + index > 0
'''

MISUSE = '''
import shoal
shoal.create(5)
shoal.open("a", readonly=1.5)
shoal.create("a", lifetime="long")
seg = shoal.create()
seg.counter("c").add("1")
seg.lock("l").acquire(timeout="1")
seg[5]
seg.array("a")["x"]
shoal.Lock()
seg.size = 5
seg.rwlock("rw").acquire()
seg.condition("c", seg.event("e"))
seg.barrier("b")
with seg.event("e"): pass
shoal.work(seg.queue("q"), print)
'''


def mypy(*arguments, directory):
    done = subprocess.run(
        [sys.executable, "-m", *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True,
        cwd=directory, timeout=290,
    )  # fmt: skip
    return done.returncode, done.stdout


def test_a_users_program_passes_a_strict_type_checker(tmp_path):
    (tmp_path / "use.py").write_text(USE)
    code, said = mypy("mypy", "--strict", "use.py", directory=tmp_path)
    assert code == 0, said


def test_misuse_does_not_pass_it(tmp_path):
    (tmp_path / "misuse.py").write_text(MISUSE)
    code, said = mypy("mypy", "misuse.py", directory=tmp_path)
    wrong = {int(line.split(":")[1]) for line in said.splitlines() if ": error:" in line}
    assert wrong >= {3, 4, 5, 7, 8, 9, 10, 12, 13, 14, 15, 16, 17}, said


def test_the_stubs_say_what_the_module_has(tmp_path):
    allowed = tmp_path / "allowed"
    own_stubs = r"shoal\.(_aio|_leave|_work|compat)(\..*)?"  # in Python, with their annotations in them: see below
    before_buffers = r"shoal(\._shoal)?\.(NdArray|Frame)\.__buffer__"
    allowed.write_text(own_stubs + "\n" + ("" if sys.version_info >= (3, 12) else before_buffers + "\n"))
    code, said = mypy("mypy.stubtest", "shoal", "--allowlist", str(allowed), "--ignore-unused-allowlist", directory=tmp_path)
    assert code == 0, said


def test_the_package_says_that_it_is_typed():
    assert (pathlib.Path(shoal.__file__).parent / "py.typed").exists()


def test_everything_public_is_exported_and_documented():
    import shoal._shoal as module

    public = {name for name in dir(module) if not name.startswith("_")}
    assert public <= set(shoal.__all__) and sorted(shoal.__all__) == shoal.__all__
    for name in public:
        thing = getattr(module, name)
        assert thing.__doc__, name
        if isinstance(thing, type):
            for attribute, value in vars(thing).items():
                if not attribute.startswith("_") and not isinstance(value, (int, str)):
                    assert value.__doc__, f"{name}.{attribute}"


def test_the_modules_in_python_pass_a_strict_type_checker(tmp_path):
    code, said = mypy("mypy", "--strict", "-p", "shoal", directory=tmp_path)
    assert code == 0, said
