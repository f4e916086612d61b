"""Make the golden segment of the present format. Once: it refuses to write over one that is there.

    python tests/format/make_golden.py build/core/libshoal.so
"""

import ctypes
import gzip
import os
import pathlib
import signal
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import golden
import stores
from conftest import Writer, load

GOLDEN = golden.FOLDER / f"format-{golden.FORMAT}.shoal.gz"


def fill(writer: Writer) -> None:
    library = writer.library
    writer.put("replaced", b"\xa3old")
    for name, (item, _) in golden.VALUES.items():
        writer.put(name, item)
    for name, (dtype, shape) in golden.ARRAYS.items():
        writer.array(name, dtype, shape, golden.array_bytes(dtype, shape))
    for name, value in golden.COUNTERS.items():
        writer.counter(name, value)
    lock = writer.lock("lock")
    handles = [
        lock, writer.lock("reentrant", 1), writer.lock("held"),
        *(writer.opened(library.shoal_rwlock_open, name) for name in ("rwlock", "read", "written")),
        *(writer.opened(library.shoal_semaphore_open, name, ctypes.c_uint32(golden.PERMITS), ctypes.c_uint32(0))
          for name in ("permits", "taken")),
        writer.opened(library.shoal_semaphore_open, "signal", ctypes.c_uint32(golden.SIGNAL), ctypes.c_uint32(1)),
        writer.opened(library.shoal_event_open, "clear"),
        writer.opened(library.shoal_condition_open, "condition", lock),
        writer.opened(library.shoal_barrier_open, "barrier", ctypes.c_uint32(golden.PARTIES)),
    ]
    event = writer.opened(library.shoal_event_open, "set")
    writer.need(library.shoal_event_set(event))
    for handle in (*handles, event):
        writer.close_object(handle)
    stores.fill(writer)
    for i in range(70):  # so that the directory has grown once
        writer.put(f"passing {i}", b"\xc0")
    for i in range(70):
        writer.remove(f"passing {i}")


def leave(path: str) -> None:
    """The victim: takes what it can, and is killed."""
    writer = Writer(load(sys.argv[1]), path)
    library, never = writer.library, ctypes.c_int64(2**63 - 1)
    writer.acquire(writer.lock("held"))
    writer.need(library.shoal_rwlock_read(writer.opened(library.shoal_rwlock_open, "read"), never))
    writer.need(library.shoal_rwlock_write(writer.opened(library.shoal_rwlock_open, "written"), never))
    taken = writer.opened(library.shoal_semaphore_open, "taken", ctypes.c_uint32(golden.PERMITS), ctypes.c_uint32(0))
    for _ in range(2):
        writer.need(library.shoal_semaphore_acquire(taken, never))
    writer.open_array(golden.REMOVED, "float32", (5,))
    writer.remove(golden.REMOVED)
    stores.leave(writer)
    print("ready", flush=True)
    signal.pause()


def main() -> int:
    if len(sys.argv) == 3:
        leave(sys.argv[2])
    if GOLDEN.exists():
        print(f"{GOLDEN} is there, and every later version has to open it as it is: not written again", file=sys.stderr)
        return 1
    path = f"/dev/shm/shoal.test-golden-{os.getpid()}"
    try:
        writer = Writer(load(sys.argv[1]), path, create=True, size=golden.SIZE)
        fill(writer)
        victim = subprocess.Popen([sys.executable, __file__, sys.argv[1], path], stdout=subprocess.PIPE)
        victim.stdout.readline()
        os.kill(victim.pid, signal.SIGKILL)
        victim.wait()
        writer.close()
        GOLDEN.parent.mkdir(exist_ok=True)
        GOLDEN.write_bytes(gzip.compress(pathlib.Path(path).read_bytes(), 9, mtime=0))
    finally:
        os.unlink(path)
    print(GOLDEN, GOLDEN.stat().st_size, "bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
