"""What the golden segment of each format holds: for make_golden.py, which made it, and for the tests that open it."""

import math
import pathlib
import struct

import stores
from conftest import DTYPES

HERE = pathlib.Path(__file__).resolve().parent
FORMAT = 6
FOLDER = HERE / "golden"
SIZE = 512 << 10

LONG = bytes(i * 7 % 251 for i in range(6000))
LONGER = bytes(i * 11 % 253 for i in range(40_000))

# name: (what is stored, what a user of Python reads)
VALUES = {
    "nil": (b"\xc0", None),
    "yes": (b"\xc3", True),
    "small": (b"\x07", 7),
    "negative": (b"\xd3" + struct.pack(">q", -(2**63)), -(2**63)),
    "large": (b"\xcf" + struct.pack(">Q", 2**63 - 1), 2**63 - 1),
    "float": (b"\xcb" + struct.pack(">d", -0.1), -0.1),
    "text": (b"\xa6Gr\xc3\xbc\xc3\x9f", "Grüß"),
    "bytes": (b"\xc4\x03\x00\x01\xff", b"\x00\x01\xff"),
    "list": (b"\x93\x01\xa1b\x92\x02\xc2", [1, "b", [2, False]]),
    "map": (b"\x82\xa1a\x01\xa1b\x81\x05\x06", {"a": 1, "b": {5: 6}}),
    "long": (b"\xc5" + struct.pack(">H", len(LONG)) + LONG, LONG),
    "longer": (b"\xc5" + struct.pack(">H", len(LONGER)) + LONGER, LONGER),
    "replaced": (b"\xa3new", "new"),
    "Grüße, \U0001f40b": (b"\x01", 1),
    "n" * 255: (b"\x02", 2),
}

# name: (dtype, shape)
ARRAYS = {f"array of {dtype}": (dtype, (2, 3)) for dtype in DTYPES} | {
    "scalar": ("float64", ()),
    "empty": ("int32", (3, 0)),
    "flat": ("uint8", (9000,)),
    "deep": ("int16", (1,) * 31 + (2,)),
}

COUNTERS = {"counter": -5, "counter at its end": 2**63 - 1}

# Made by the maker, which lived; what the victim left, who was killed, is below them.
LOCKS = {"lock": "Lock", "reentrant": "Lock", "rwlock": "RWLock", "permits": "Semaphore", "signal": "Semaphore", "set": "Event",
         "clear": "Event", "condition": "Condition", "barrier": "Barrier"}
LEFT = {"held": "Lock", "read": "RWLock", "written": "RWLock", "taken": "Semaphore"}
PERMITS, SIGNAL, PARTIES = 3, 7, 4
REMOVED = "removed while the victim had it open"


def array_bytes(dtype: str, shape: tuple) -> bytes:
    count = math.prod(shape)
    if dtype == "bool":
        return bytes(i % 2 for i in range(count))
    return bytes(i * 5 % 127 for i in range(count * DTYPES[dtype][1]))


def names() -> dict[str, str]:
    return {**dict.fromkeys(VALUES, "Value"), **dict.fromkeys(ARRAYS, "NdArray"), **dict.fromkeys(COUNTERS, "Counter"), **LOCKS, **LEFT, **stores.KINDS}
