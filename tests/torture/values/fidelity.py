"""Values that go from Python through Shoal to PHP and back, bit for bit: fidelity.py [--values N] [--seed N]

- Any value that Python puts is read by it as it was, and by PHP as PHP's types allow; what PHP puts of it comes back so.
- What Python puts of what it read of PHP's are the bytes that PHP put; the same the other way round.
- A value at the edge of what can be stored is refused with the path to it, or both languages read it.
"""

from __future__ import annotations

import argparse
import datetime
import json
import math
import os
import pathlib
import random
import re
import struct
import subprocess
import sys

import numpy as np

import shoal

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "cross"))
from library import Reader  # noqa: E402

UTC = datetime.timezone.utc
BATCH = 250
BORDERS = sorted({sign * 2**bits + off for bits in range(64) for off in (-1, 0, 1) for sign in (1, -1)} | {-32, -33, 255, 65535})
BORDERS = [number for number in BORDERS if -(2**63) <= number < 2**63]
FLOATS = [0.0, -0.0, math.inf, -math.inf, math.nan, 5e-324, -5e-324, 2.225073858507201e-308, 2.2250738585072014e-308, 1.7976931348623157e308, 0.1]
BITS = [0x7FF0000000000001, 0xFFF8DEAD0000BEEF, 0x7FF4000000000000, 0xFFFFFFFFFFFFFFFF, 1, 0x000FFFFFFFFFFFFF, 0x8000000000000001]
DTYPES = ["?", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "c8", "c16", "S1", "S3", "S7", "S16"]
POINTS = [0, 0x7F, 0x80, 0x7FF, 0x800, 0xD7FF, 0xE000, 0xFEFF, 0xFFFE, 0xFFFF, 0x10000, 0x10FFFF]
LENGTHS = [0, 1, 2, 30, 31, 32, 33, 255, 256]


class Values:
    def __init__(self, seed: int):
        self.chance = random.Random(seed)

    def integer(self) -> int:
        if self.chance.random() < 0.4:
            return self.chance.choice(BORDERS)
        return self.chance.getrandbits(self.chance.randint(1, 63)) * self.chance.choice([1, -1])

    def real(self) -> float:
        which = self.chance.random()
        bits = self.chance.getrandbits(64) if which < 0.5 else self.chance.choice(BITS)
        return struct.unpack("d", struct.pack("Q", bits))[0] if which < 0.8 else self.chance.choice(FLOATS)

    def letter(self) -> str:
        if self.chance.random() < 0.3:
            return chr(self.chance.randint(0, 127))
        point = self.chance.choice([*POINTS, self.chance.randint(0, 0x7FF), self.chance.randint(0, 0xD7FF), self.chance.randint(0xE000, 0xFFFF),
                                    self.chance.randint(0, 16) * 0x10000 + self.chance.randint(0xE000, 0xFFFF)])
        return chr(point)

    def text(self, most: int = 40) -> str:
        return "".join(self.letter() for _ in range(self.chance.choice([*LENGTHS, self.chance.randint(0, most)])))

    def data(self) -> bytes:
        return self.chance.randbytes(self.chance.choice([*LENGTHS, self.chance.randint(0, 70)]))

    def zone(self) -> datetime.tzinfo:
        offset = datetime.timedelta(seconds=self.chance.randint(-86399, 86399), microseconds=self.chance.choice([0, 1, 999999]))
        return self.chance.choice([UTC, datetime.timezone(max(offset, datetime.timedelta(microseconds=1 - 86400 * 10**6)))])

    def time(self) -> datetime.datetime:
        year = self.chance.choice([2, 1600, 1901, 1969, 1970, 2038, 2106, 2514, 9998, self.chance.randint(2, 9998)])
        return datetime.datetime(year, self.chance.randint(1, 12), self.chance.randint(1, 28), self.chance.randint(0, 23), self.chance.randint(0, 59),
                                 self.chance.randint(0, 59), self.chance.choice([0, 1, 999999, self.chance.randint(0, 999999)]), tzinfo=self.zone())

    def layout(self, array: np.ndarray) -> np.ndarray:
        which = self.chance.randint(0, 9)
        if which == 0:
            return np.asfortranarray(array)
        if which == 1 and array.ndim:
            return array[tuple(slice(None, None, self.chance.choice([-1, 2, 1, -2])) for _ in array.shape)]
        if which == 2:
            return array.T
        if which == 3 and array.ndim < 5:
            return np.broadcast_to(array, (2, *array.shape))
        return array

    def array(self) -> np.ndarray:
        dtype = np.dtype(self.chance.choice(DTYPES))
        dtype = dtype.newbyteorder(">") if self.chance.random() < 0.3 else dtype
        ndim = self.chance.choice([0, 1, 1, 2, 2, 3, 5, 32])
        shape = tuple(self.chance.choice([0, 1, 1, 2, 3] if ndim < 32 else [1, 1, 1, 1, 1, 1, 2]) for _ in range(ndim))
        raw = self.chance.randbytes(math.prod(shape) * dtype.itemsize)
        raw = bytes(byte & 1 for byte in raw) if dtype.kind == "b" else raw
        array = np.frombuffer(raw, dtype).reshape(shape) if raw else np.zeros(shape, dtype)
        return self.layout(array)

    def key(self):
        which = self.chance.random()
        if which < 0.1:
            return b"\xff" + self.data()
        return self.text(12) if which < 0.55 else str(self.integer()) if which < 0.65 else self.integer()

    def mapping(self, depth: int) -> dict:
        made = {}
        for _ in range(self.chance.choice([0, 1, 2, 3, 15, 16, 17]) if depth < 2 else self.chance.randint(0, 3)):
            key = self.key()
            if key_in_php(key) not in map(key_in_php, made):
                made[key] = self.any(depth + 1)
        return made

    def items(self, depth: int) -> list:
        return [self.any(depth + 1) for _ in range(self.chance.choice([0, 1, 2, 15, 16, 17, 3]) if depth < 2 else self.chance.randint(0, 3))]

    def any(self, depth: int = 0):
        which = self.chance.random()
        if depth < 5 and which < 0.32:
            return self.items(depth) if which < 0.15 else self.mapping(depth)
        return self.chance.choice([self.integer, self.real, self.text, self.data, self.time, self.array, lambda: None, lambda: True, lambda: False])()

    def edge(self):
        """What may be refused."""
        unit = self.chance.choice(["Y", "M", "D", "h", "s", "ms", "us", "ns", "as"])
        shape = tuple(self.chance.choice([0, 1, 2**self.chance.randint(0, 61)]) for _ in range(self.chance.randint(1, 4)))
        made = self.chance.choice([
            lambda: self.chance.choice([datetime.datetime.min, datetime.datetime.max]).replace(tzinfo=self.zone()),
            lambda: np.datetime64(self.chance.choice(["NaT", self.chance.randint(-99, 99)]), unit),
            lambda: np.timedelta64(self.chance.choice(["NaT", self.chance.randint(-99, 99)]), unit),
            lambda: np.empty(shape if 0 in shape else (*shape, 0), self.chance.choice(DTYPES)),
            lambda: {str(number := self.chance.choice(BORDERS)): 0, self.chance.choice([number, number + 1]): self.text()},
            lambda: {self.data(): 1, self.text(3): 2}, lambda: {self.chance.choice([True, 1.0, 1, None, (1,), "1"]): 1},
            lambda: self.chance.choice(BORDERS) * self.chance.choice([1, 2, -1]), lambda: np.uint64(self.chance.getrandbits(64)),
            lambda: chr(self.chance.randint(0xD7F0, 0xE010)), lambda: np.void(self.data()), lambda: np.longdouble(self.real()),
        ])  # fmt: skip
        try:
            return made()
        except (ValueError, OverflowError, MemoryError):  # numpy's own limits
            return None


def key_in_php(key):
    """Texts of whole numbers are these numbers in PHP."""
    number = isinstance(key, str) and re.fullmatch("0|-?[1-9][0-9]{0,18}", key, re.ASCII) and int(key)
    return number if number is not False and number is not None and -(2**63) <= number < 2**63 else key


def from_php(value):
    """What comes back of it after a way through PHP: one type of strings, and of arrays."""
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            return value
    if isinstance(value, list):
        return [from_php(item) for item in value]
    if isinstance(value, dict):
        made = {key_in_php(key): from_php(item) for key, item in value.items()}
        return list(made.values()) if list(made) == list(range(len(made))) else made
    return value


def same(one, other) -> bool:
    if isinstance(one, np.ndarray):
        native = one.dtype.newbyteorder("=")
        return isinstance(other, np.ndarray) and other.dtype == native and one.shape == other.shape and one.astype(native).tobytes() == other.tobytes()
    if isinstance(one, datetime.datetime):
        return isinstance(other, datetime.datetime) and one == other and other.tzinfo is UTC
    if type(one) is not type(other):
        return False
    if isinstance(one, float):
        return struct.pack("d", one) == struct.pack("d", other)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict):
        return list(map(repr, one)) == list(map(repr, other)) and all(map(same, one.values(), other.values()))
    return one == other


class Contest:
    def __init__(self, seed: int):
        self.values, self.name = Values(seed), f"fidelity-{os.getpid()}"
        self.segment = shoal.create(self.name, "512M")
        self.reader = Reader(self.name)
        command = [os.environ.get("PHP", "php"), "-n", "-d", f"extension={os.environ['SHOAL_PHP_EXTENSION']}", "-d", "memory_limit=1G", "-d", "display_errors=stderr",
                   HERE / "fidelity.php", self.name, str(seed)]
        self.php = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.counts = {"seed": seed, "values": 0, "of_php": 0, "edges_accepted": 0, "edges_refused": 0, "differences": 0}

    def ask(self, do: str, count: int) -> None:
        """PHP does it with 0 to count - 1."""
        self.php.stdin.write(f"{do} {count}\n")
        self.php.stdin.flush()
        if (answer := self.php.stdout.readline()) != "done\n":
            raise RuntimeError(f"PHP said {answer!r}")

    def differ(self, what: str, *values) -> None:
        self.counts["differences"] += 1
        print(what, *(repr(value)[:300] for value in values), sep=" | ", file=sys.stderr)

    def put_back(self, name: str) -> None:
        """What PHP has put there, Python puts as the same bytes."""
        before = self.reader.stored(name)
        self.segment[name] = self.segment[name]
        if before != self.reader.stored(name):
            self.differ("stored back as other bytes", self.segment[name])

    def round(self, count: int) -> None:
        values = [self.values.any() for _ in range(count)]
        for i, value in enumerate(values):
            self.segment[f"v{i}"] = value
            if not same(value, self.segment[f"v{i}"]):
                self.differ("Python, Python", value, self.segment[f"v{i}"])
        self.ask("echo", count)
        for i, value in enumerate(values):
            if not same([True, from_php(value)], self.segment[f"w{i}"]):
                self.differ("Python, PHP, Python", value, self.segment[f"w{i}"])
            self.put_back(f"w{i}")
        self.counts["values"] += count

    def of_php(self, count: int) -> None:
        """Made by PHP, put back by Python, compared by PHP."""
        self.ask("make", count)
        for i in range(count):
            if f"p{i}" in self.segment:
                self.put_back(f"p{i}")
                self.counts["of_php"] += 1
        self.ask("compare", count)
        if self.segment["differences"]:
            self.differ("PHP, Python, PHP", self.segment["differences"])

    def edges(self, count: int) -> None:
        accepted = 0
        for _ in range(count):
            value, path = self.values.edge(), self.values.chance.choice(["", '["n"][1]: '])
            try:
                self.segment[f"v{accepted}"] = {"n": [0, value]} if path else value
            except (TypeError, ValueError, OverflowError) as error:
                self.counts["edges_refused"] += 1
                if not str(error).startswith(path):
                    self.differ("refused without its path", value, error)
                continue
            accepted += 1
        self.ask("echo", accepted)
        for i in range(accepted):
            if self.segment[f"w{i}"][0] is not True:
                self.differ("accepted, and PHP cannot have it", self.segment[f"v{i}"], self.segment[f"w{i}"])
        self.counts["edges_accepted"] += accepted

    def end(self) -> None:
        self.php.stdin.close()
        self.php.wait(60)
        self.reader.close()
        if findings := self.segment.check():
            self.differ("check()", findings)
        self.segment.close()
        shoal.unlink(self.name)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--values", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    contest = Contest(options.seed)
    try:
        for begin in range(0, options.values, BATCH):
            count = min(BATCH, options.values - begin)
            contest.round(count)
            contest.of_php(count)
            contest.edges(count)
    finally:
        contest.end()
    print(json.dumps(contest.counts))
    return 1 if contest.counts["differences"] else 0


if __name__ == "__main__":
    sys.exit(main())
