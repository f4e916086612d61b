"""How the cost of a call grows with sizes and numbers, drawn: python scale.py FOLDER [--quick]"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import functools
import json
import multiprocessing
import os
import pathlib
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator

import matplotlib
import numpy as np
import rich.console
import rich.progress
import rich.table

import shoal
from report import machine

matplotlib.use("svg")
matplotlib.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "shoal"})  # small, and the same for the same figures
from matplotlib import pyplot  # noqa: E402

Series = dict[str, Callable[[], object]]
NAME = f"bench-scale-{os.getpid()}"
console = rich.console.Console(width=140)


class Scale:
    """A plot: for each x the calls of `at(x)`. All of them in turns, so that what the machine does meanwhile meets each x."""

    def __init__(self, name: str, title: str, unit: str, xs: list[int], at: Callable[[int], contextlib.AbstractContextManager[Series]]):
        self.name, self.title, self.unit, self.xs, self.at = name, title, unit, xs, at


def sample(call: Callable[[], object], seconds: float) -> float:
    """Nanoseconds of one call, over about so many seconds."""
    if isinstance(call, Together):
        return call.rate(seconds * 10)
    times, count = 1, 0
    while True:
        start = time.perf_counter_ns()
        for _ in range(times):
            call()
        took = time.perf_counter_ns() - start
        count += 1
        if took >= seconds * 1e9 / 2 or count > 30:
            return took / times
        times = max(times + 1, min(times * 8, int(times * seconds * 1e9 / max(took, 1))))


def measure(scale: Scale, rounds: int, seconds: float) -> dict[str, list[float]]:
    samples: dict[str, list[list[float]]] = {}
    with contextlib.ExitStack() as stack:
        there = [stack.enter_context(scale.at(x)) for x in scale.xs]
        for _ in range(rounds):
            for i, series in enumerate(there):
                for label, call in series.items():
                    samples.setdefault(label, [[] for _ in there])[i].append(sample(call, seconds))
    return {label: [statistics.median(values) for values in each] for label, each in samples.items()}


@contextlib.contextmanager
def segment_of(size: str | int, x: int) -> Iterator[shoal.Segment]:
    segment = shoal.create(f"{NAME}-{x}", size=size)
    try:
        yield segment
    finally:
        segment.unlink()
        segment.close()


@contextlib.contextmanager
def values(size: int) -> Iterator[Series]:
    """A value of bytes, put and got, and what copying that much takes."""
    data = bytes(os.urandom(1)) * size
    target = ctypes.create_string_buffer(size)
    with segment_of("256M", size) as segment:
        segment["value"] = data

        def put() -> None:
            segment["value"] = data

        yield {"get": lambda: segment["value"], "put": put, "memmove": lambda: ctypes.memmove(target, data, size)}


@contextlib.contextmanager
def arrays(size: int) -> Iterator[Series]:
    """Opened by name and viewed, by one who has the segment; attached, opened, viewed and detached by one who has not."""
    with segment_of(size + size // 64 + (2 << 20), size) as segment:
        segment.array("array", (size // 8,), "float64")

        def attach() -> None:
            other = shoal.open(segment.name, readonly=True)
            np.asarray(other["array"])
            other.close()

        yield {"open and view": lambda: np.asarray(segment["array"]), "attach, open, view, detach": attach}


@contextlib.contextmanager
def objects(count: int) -> Iterator[Series]:
    with segment_of("512M", count) as segment:
        for i in range(count - 3):
            segment[f"object {i}"] = i
        segment["value"] = 1
        yield usual_calls(segment)


@contextlib.contextmanager
def peers(count: int) -> Iterator[Series]:
    with segment_of("16M", count) as segment:
        segment["value"] = 1
        with others(segment.name, count - 1):
            yield usual_calls(segment)


@contextlib.contextmanager
def others(name: str, count: int) -> Iterator[None]:
    children = [start_peer(name) for _ in range(count)]
    try:
        yield
    finally:
        for child in children:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)


@contextlib.contextmanager
def attaching(count: int) -> Iterator[Series]:
    """By a process that has not attached yet: one more open would only be counted."""
    name = f"{NAME}-attach-{count}"
    shoal.create(name, size="16M").close()
    with others(name, count - 1):
        yield {"attach for writing, detach": lambda: shoal.open(name).close()}
    shoal.unlink(name)


def start_peer(name: str) -> int:
    """A process that has attached and does nothing."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            shoal.open(name)
            os.write(write, b"!")
            signal.pause()
        finally:
            os._exit(1)
    os.close(write)
    if not os.read(read, 1):
        raise SystemExit("a peer could not attach")
    os.close(read)
    return child


def usual_calls(segment: shoal.Segment) -> Series:
    lock, counter = segment.lock("lock"), segment.counter("counter")

    def pair() -> None:
        lock.acquire()
        lock.release()

    def put() -> None:
        segment["value"] = 1

    def attach() -> None:
        shoal.open(segment.name, readonly=True).close()

    return {"look up and get": lambda: segment["value"], "replace": put, "lock, unlock": pair, "counter.add()": counter.add,
            "attach readonly, detach": attach}


@contextlib.contextmanager
def processes(count: int) -> Iterator[Series]:
    """Wall time of one operation when so many processes do nothing else, all of them together."""
    with segment_of("1M", count) as segment:
        lock, counter = segment.lock("lock"), segment.counter("counter")
        theirs, value = multiprocessing.Lock(), multiprocessing.Value("q")

        def pair(lock) -> None:
            lock.acquire()
            lock.release()

        def add() -> None:
            with value.get_lock():
                value.value += 1

        locks = [segment.lock(f"lock {i}") for i in range(count)]
        counters = [segment.counter(f"counter {i}") for i in range(count)]
        yield {"Lock": Together(count, lambda: pair(lock)), "multiprocessing.Lock": Together(count, lambda: pair(theirs)),
               "counter.add()": Together(count, counter.add), "multiprocessing.Value": Together(count, add),
               "a Lock each": Together(count, *(functools.partial(pair, one) for one in locks)),
               "a counter each": Together(count, *(one.add for one in counters))}


class Together:
    """So many processes, each with a call of its own, or all with the same."""

    def __init__(self, count: int, *calls: Callable[[], object]):
        self.count, self.calls = count, calls

    def rate(self, seconds: float) -> float:
        """Nanoseconds between two operations of any of the processes."""
        read, write = os.pipe()
        children = []
        for i in range(self.count):
            children.append(os.fork())
            if children[-1] == 0:
                call = self.calls[i % len(self.calls)]
                done, end = 0, time.perf_counter() + seconds
                while time.perf_counter() < end:
                    for _ in range(100):
                        call()
                    done += 100
                os.write(write, done.to_bytes(8, "little"))
                os._exit(0)
        for child in children:
            os.waitpid(child, 0)
        os.close(write)
        with os.fdopen(read, "rb") as pipe:
            said = pipe.read()
        return seconds * 1e9 / sum(int.from_bytes(said[i:i + 8], "little") for i in range(0, len(said), 8))


def scales(quick: bool) -> list[Scale]:
    kib, mib, gib = 1 << 10, 1 << 20, 1 << 30
    return [
        Scale("values", "A value of so many bytes", "bytes", [1, 64, kib, 16 * kib, 256 * kib, *([] if quick else [mib, 4 * mib]), 16 * mib],
              values),
        Scale("arrays", "An array of so many bytes", "bytes", [kib, 64 * kib, mib, 64 * mib, *([] if quick else [gib, 8 * gib])], arrays),
        Scale("objects", "So many objects in the segment", "objects", [10, 100, 1000, 10_000, *([] if quick else [100_000])], objects),
        Scale("peers", "So many processes attached", "processes", [2, 10, 100, *([] if quick else [300, 1000])], peers),
        Scale("attaching", "So many others attached already", "processes", [2, 10, 100, *([] if quick else [300, 1000])], attaching),
        Scale("processes", "So many processes at one lock, one counter", "processes", [1, 2, 4, 8], processes),
    ]


def draw(scale: Scale, found: dict[str, list[float]], path: pathlib.Path) -> None:
    figure, axes = pyplot.subplots(figsize=(7, 4))
    for label, values in found.items():
        axes.plot(scale.xs, values, marker="o", markersize=3, label=label)
    axes.set(title=scale.title, xlabel=scale.unit, ylabel="ns a call", xscale="log", yscale="log")
    axes.grid(True, which="major", alpha=0.3)
    axes.legend(fontsize="small")
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)


def show(scale: Scale, found: dict[str, list[float]]) -> None:
    table = rich.table.Table(title=f"{scale.title} (ns a call)", title_justify="left")
    table.add_column(scale.unit, justify="right")
    for label in found:
        table.add_column(label, justify="right")
    for i, x in enumerate(scale.xs):
        table.add_row(f"{x:,}", *(f"{values[i]:,.0f}" for values in found.values()))
    console.print(table)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    results = {}
    with tempfile.TemporaryDirectory(prefix="shoal-bench-", dir="/dev/shm") as folder:
        os.environ["SHOAL_DIR"] = folder
        for scale in rich.progress.track(scales(options.quick), "scales", console=rich.console.Console(stderr=True)):
            found = measure(scale, 2 if options.quick else 7, 0.01 if options.quick else 0.05)
            results[scale.name] = {"title": scale.title, "unit": scale.unit, "x": scale.xs, "ns": found}
            show(scale, found)
            draw(scale, found, options.folder / f"{scale.name}.svg")
    path = options.folder / "scale.json"
    path.write_text(json.dumps({"machine": machine(), "quick": options.quick, "scales": results}, indent=1))
    print(f"bench: figures in {path}, plots beside it")
    return 0


if __name__ == "__main__":
    sys.exit(main())
