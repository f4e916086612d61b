"""One of many at a segment: worker.py SEGMENT SEED ROLE ("writer", "reader", "readonly", "all").

A line with seconds on stdin: so long it works, then it answers with its counts and what it holds of the kernel's.
Every value says what it must be: its number, its size, and the rest follows from these.
"""

from __future__ import annotations

import ctypes
import datetime
import gc
import json
import os
import random
import signal
import sys
import time

import numpy as np

import shoal

SIZES = [0, 1, 15, 16, 31, 32, 33, 100, 255, 256, 257, 500, 1000, 1990, 2040, 2048, 2100, 4000, 4080, 4090, 4096, 4100, 5000, 16000, 32000,
         65000, 65535, 65536, 70000, 200000, 262100, 262144, 262200, 300000, 1000000]  # both sides of each threshold
KINDS = ["text", "bytes", "list", "map", "array"]
NAMES = 60
UTC = datetime.timezone.utc


def make(kind: str, number: int, size: int):
    """As make() of worker.php, which makes no arrays."""
    if kind == "text":
        return f"{number}:{size}:" + "äxyz"[number % 4] * size
    if kind == "bytes":
        return b"\xff%d:%d:" % (number, size) + bytes([number % 256]) * size
    if kind == "list":
        return [number, size, *[number] * (size // 9)]
    if kind == "map":
        return {"number": number, "size": size, "text": "x" * (size // 2), "when": datetime.datetime.fromtimestamp(number % 10**9, UTC),
                "list": [number] * (size // 20), number: number, b"\xff": None}
    return np.array([number, size, *[number] * (size // 8)], "int64")


def must_be(value):
    if isinstance(value, (str, bytes)):
        head = value[:30] if isinstance(value, str) else value[1:31].decode("latin-1")
        number, size, _ = head.split(":", 2)
        return make("text" if isinstance(value, str) else "bytes", int(number), int(size))
    if isinstance(value, dict):
        return make("map", value["number"], value["size"])
    return make("list" if isinstance(value, list) else "array", int(value[0]), int(value[1]))


def is_torn(value) -> bool:
    try:
        expected = must_be(value)
        return not np.array_equal(value, expected) if isinstance(value, np.ndarray) else value != expected
    except (ValueError, LookupError, TypeError):
        return True


class Worker:
    def __init__(self, name: str, seed: int, role: str):
        self.name, self.role, self.chance = name, role, random.Random(seed)
        self.segment = shoal.open(name, readonly=role == "readonly")
        self.counts = {"operations": 0, "reads": 0, "torn": 0, "refused": 0}
        self.fixed = {} if role != "all" else {
            "lock": self.segment.lock("lock"), "rwlock": self.segment.rwlock("rwlock"), "semaphore": self.segment.semaphore("semaphore", 2),
            "event": self.segment.event("event"), "counter": self.segment.counter("counter")}

    def name_of_one(self) -> str:
        return f"name {self.chance.randrange(NAMES)}"

    def read(self) -> None:
        value = self.segment.get(self.name_of_one())
        if isinstance(value, shoal.NdArray):
            value.sum()
        elif isinstance(value, shoal.Counter):
            int(value)
        elif isinstance(value, (str, bytes, list, dict, np.ndarray)):
            self.counts["reads"] += 1
            self.counts["torn"] += is_torn(value)

    def put(self) -> None:
        value = make(self.chance.choice(KINDS), self.chance.getrandbits(40), self.chance.choice(SIZES))
        self.segment[self.name_of_one()] = value

    def remove(self) -> None:
        del self.segment[self.name_of_one()]

    def become(self) -> None:
        """The name of something else."""
        name = self.name_of_one()
        self.segment.pop(name, None) if hasattr(self.segment, "pop") else name in self.segment and self.segment.__delitem__(name)
        which = self.chance.randrange(4)
        if which == 0:
            self.segment.array(name, (self.chance.choice([10, 3000, 40000]),), "float32")[0] = 1
        elif which == 1:
            self.segment.counter(name).add()
        else:
            self.segment.lock(name) if which == 2 else self.segment.event(name)

    def wait(self) -> None:
        """Locks and the like, which others use at the same time."""
        with self.fixed["lock"]:
            self.fixed["counter"].add()
        with self.fixed["rwlock"].read() if self.chance.random() < 0.7 else self.fixed["rwlock"].write():
            pass
        if self.fixed["semaphore"].acquire(timeout=0.01):
            self.fixed["semaphore"].release()
        self.fixed["event"].set() if self.chance.random() < 0.5 else self.fixed["event"].wait(timeout=0)

    def attach(self) -> None:
        with shoal.open(self.name, readonly=self.chance.random() < 0.5) as again:
            for name in list(again)[:5]:
                again.get(name)

    def one(self) -> None:
        which = self.chance.random()
        if self.role in ("reader", "readonly") or which < 0.4:
            self.read()
        elif which < 0.8:
            self.put()
        elif which < 0.87:
            self.remove()
        elif which < 0.95 or self.role != "all":
            self.become()
        elif which < 0.995:
            self.wait()
        else:
            self.attach()

    def work(self, seconds: float) -> dict:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                self.one()
            except (shoal.NotFound, shoal.TypeMismatch, shoal.AlreadyExists):  # somebody else was there first
                self.counts["refused"] += 1
            self.counts["operations"] += 1
        gc.collect()
        with open("/proc/self/maps") as maps:
            mapped = sum(f"shoal.{self.name}" in line for line in maps)
        return {**self.counts, "fds": len(os.listdir("/proc/self/fd")), "maps": mapped}


def main() -> None:
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # die with the parent
    worker = Worker(sys.argv[1], int(sys.argv[2]), sys.argv[3])
    for line in sys.stdin:
        print(json.dumps(worker.work(float(line))), flush=True)


if __name__ == "__main__":
    main()
