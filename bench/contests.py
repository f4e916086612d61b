"""What is measured against what: the contests of Python. contests_php.py has PHP's; compete.py runs them.

A contest is one thing to do, and its cases are ways to do it, the first one Shoal's. `setup` runs once; `statement` is timed.
NAME is a name of the case's own, FOLDER a folder that goes away. `least`: how many times as long as Shoal's the case
should take, at least.
"""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True)
class Case:
    who: str
    statement: str
    setup: str = ""
    other: str = ""  # what the load does, if not the statement
    cleanup: str = ""
    before: str = ""  # each sample, not timed; with `slow`, so that it is known how often the statement runs
    least: float | None = None


@dataclasses.dataclass(frozen=True)
class Contest:
    title: str
    group: str
    cases: tuple[Case, ...]
    language: str = "Python"
    load: int = 0  # so many others do it, or `other`, at the same time
    slow: bool = False  # one statement a sample
    floor: bool = False  # the last case is in all of them, and subtracted from the others


SEGMENT = "import shoal\nsegment = shoal.create(NAME, size='{size}')\n"
UNLINK = "segment.unlink()"
EMPTY = "empty = []"
TEXT64 = "text = 'abcdefghijklmnop' * 4\n"
LEAVES = """
value = {f'key {i}': [i, i * 0.5, f'text {i}', i % 2 == 0, None] for i in range(200)}
"""
TAKE = "lock.acquire(); lock.release()"
SHARED_LOCK = "import multiprocessing\nlock = multiprocessing.get_context('fork').Lock()"
LMDB = """
import lmdb
environment = lmdb.open(FOLDER + '/' + NAME, map_size=1 << 26, sync=False, metasync=False)
raw = text.encode()
def put():
    with environment.begin(write=True) as transaction:
        transaction.put(b'key', raw)
def get():
    with environment.begin() as transaction:
        return transaction.get(b'key').decode()
put()
"""
ULTRA = "import UltraDict\ntable = UltraDict.UltraDict(name=NAME.replace('-', '_'), buffer_size=1 << 20)\ntable['key'] = text\n"
LARGE_LMDB = """
import lmdb
environment = lmdb.open(FOLDER + '/' + NAME, map_size=1 << 26, sync=False, metasync=False)
def put():
    with environment.begin(write=True) as transaction:
        transaction.put(b'key', raw)
def get():
    with environment.begin() as transaction:
        return transaction.get(b'key')
put()
"""
LARGE_REDIS = """
import redis
client = redis.Redis(unix_socket_path=os.environ['BENCH_REDIS'])
client.set(NAME, raw)
"""
LARGE_SHARED_MEMORY = """
from multiprocessing import shared_memory
memory = shared_memory.SharedMemory(name=NAME, create=True, size=len(raw))
memory.buf[:] = raw
"""
REDIS = """
import redis
client = redis.Redis(unix_socket_path=os.environ['BENCH_REDIS'], decode_responses=True)
client.set(NAME, text)
"""
MEMCACHED = """
import pymemcache
client = pymemcache.Client(os.environ['BENCH_MEMCACHED'], serde=pymemcache.serde.pickle_serde)
client.set(NAME, text)
"""
ICEORYX = """
import ctypes, iceoryx2
iceoryx2.set_log_level(iceoryx2.LogLevel.Error)
class Text(ctypes.Structure):
    _fields_ = [('bytes', ctypes.c_char * 65)]
key, raw = ctypes.c_uint64(1), text.encode()
node = iceoryx2.NodeBuilder.new().create(iceoryx2.ServiceType.Ipc)
creator = node.service_builder(iceoryx2.ServiceName.new(NAME)).blackboard_creator(ctypes.c_uint64)
service = creator.add(key, Text(raw)).create()
reader = service.reader_builder().create().entry(key, Text)
writer = service.writer_builder().create().entry(key, Text)
"""
ICEORYX_END = "del reader, writer, service, creator, node"
DISKCACHE = "import diskcache\ncache = diskcache.Cache(FOLDER + '/' + NAME)\ncache['key'] = text\n"
MANAGER = "import multiprocessing\nmanager = multiprocessing.get_context('fork').Manager()\ntable = manager.dict(key=text)\n"
BLOCK = "from multiprocessing import shared_memory\n"


def locks() -> tuple[Contest, ...]:
    ours = SEGMENT.format(size="1M") + "lock = segment.lock('lock')"
    posix = "import posix_ipc\nlock = posix_ipc.Semaphore('/' + NAME, posix_ipc.O_CREX, initial_value=1)"
    sysv = "import sysv_ipc\nlock = sysv_ipc.Semaphore(None, sysv_ipc.IPC_CREX, initial_value=1)"
    flock = "import fcntl\nfile = open(FOLDER + '/' + NAME, 'w')"
    return (
        Contest("lock.acquire(); lock.release()", "locks", (
            Case("shoal", TAKE, ours, cleanup=UNLINK),
            Case("multiprocessing.Lock", TAKE, SHARED_LOCK, least=1.0),
            Case("posix_ipc.Semaphore", TAKE, posix, cleanup="lock.unlink()"),
            Case("sysv_ipc.Semaphore", TAKE, sysv, cleanup="lock.remove()"),
            Case("fcntl.flock", "fcntl.flock(file, fcntl.LOCK_EX); fcntl.flock(file, fcntl.LOCK_UN)", flock),
            Case("two empty methods", "empty.clear(); empty.clear()", EMPTY))),
        Contest("with lock", "locks", (
            Case("shoal", "with lock: pass", ours, cleanup=UNLINK),
            Case("multiprocessing.Lock", "with lock: pass", SHARED_LOCK, least=2.0))),
        Contest("counter.add()", "counters", (
            Case("shoal", "counter.add()", SEGMENT.format(size="1M") + "counter = segment.counter('counter')", cleanup=UNLINK),
            Case("multiprocessing.Value under its lock", "with value.get_lock(): value.value += 1",
                 "import multiprocessing\nvalue = multiprocessing.get_context('fork').Value('q')", least=15.0),
            Case("atomics, fetch_add", "value.fetch_add(1)", ATOMICS, cleanup=ATOMICS_END),
            Case("atomicshm, fetch_add", "value.fetch_add(1)", ATOMICSHM, cleanup=ATOMICSHM_END),
            Case("an empty method", "empty.clear()", EMPTY, least=0.5),
            Case("a method that makes an int", "file.tell()", "import io\nfile = io.BytesIO()\nfile.seek(1000)"))),
    )


ATOMICSHM = """
import atomicshm
from multiprocessing import shared_memory
block = shared_memory.SharedMemory(NAME, True, 4096)
view = atomicshm.AtomicView(block.buf)
value = view.cell_u64(0)
"""
ATOMICSHM_END = "del value; view.close(); block.close(); block.unlink()"
ATOMICS = "import atomics\nbuffer = bytearray(8)\nmanager = atomics.atomicview(buffer=buffer, atype=atomics.INT)\n" \
            "value = manager.__enter__()"
ATOMICS_END = "manager.__exit__(None, None, None)"


def large_values(size: str, pieces: int) -> tuple[Contest, ...]:
    """SharedMemory is the floor: a copy that another process may see half done."""
    raw = f"raw = bytes(range(256)) * {pieces}\n"
    ours = raw + SEGMENT.format(size="256M") + "segment['key'] = raw\n"
    memory_end = "memory.close(); memory.unlink()"
    return (
        Contest(f"get {size} of bytes", "values", (
            Case("shoal", "segment['key']", ours, cleanup=UNLINK),
            Case("lmdb, a transaction each", "get()", raw + LARGE_LMDB),
            Case("redis, unix socket", "client.get(NAME)", raw + LARGE_REDIS, cleanup="client.delete(NAME)"),
            Case("SharedMemory, bytes(memory.buf)", "bytes(memory.buf)", raw + LARGE_SHARED_MEMORY, cleanup=memory_end))),
        Contest(f"put {size} of bytes", "values", (
            Case("shoal", "segment['key'] = raw", ours, cleanup=UNLINK),
            Case("lmdb, a transaction each", "put()", raw + LARGE_LMDB, least=1.0),
            Case("redis, unix socket", "client.set(NAME, raw)", raw + LARGE_REDIS, cleanup="client.delete(NAME)"),
            Case("SharedMemory, memory.buf[:] = raw", "memory.buf[:] = raw", raw + LARGE_SHARED_MEMORY, cleanup=memory_end,
                 least=0.33))),
    )


def values() -> tuple[Contest, ...]:
    ours = TEXT64 + SEGMENT.format(size="16M") + "segment['key'] = text\n"
    leaves = LEAVES + SEGMENT.format(size="16M") + "segment['key'] = value\n"
    packed = LEAVES + "import msgpack\npacked = msgpack.packb(value)\n"
    kept = TEXT64 + LMDB + "transaction = environment.begin()\n"
    redis_end = "client.delete(NAME)"
    return (
        Contest("get a string of 64 bytes", "values", (
            Case("shoal", "segment['key']", ours, cleanup=UNLINK),
            Case("lmdb, a transaction each", "get()", TEXT64 + LMDB, least=2.5),
            Case("lmdb, in one transaction", "transaction.get(b'key').decode()", kept, least=1.3),
            Case("UltraDict", "table['key']", TEXT64 + ULTRA, cleanup="table.unlink()", least=5.0),
            Case("iceoryx2, a blackboard", "reader.get().decode_as(Text).bytes.decode()", TEXT64 + ICEORYX, cleanup=ICEORYX_END),
            Case("diskcache", "cache['key']", TEXT64 + DISKCACHE),
            Case("memcached, unix socket", "client.get(NAME)", TEXT64 + MEMCACHED),
            Case("redis, unix socket", "client.get(NAME)", TEXT64 + REDIS, cleanup=redis_end, least=100.0),
            Case("multiprocessing.Manager().dict()", "table['key']", TEXT64 + MANAGER, cleanup="manager.shutdown()"))),
        Contest("put a string of 64 bytes", "values", (
            Case("shoal", "segment['key'] = text", ours, cleanup=UNLINK),
            Case("lmdb, a transaction each", "put()", TEXT64 + LMDB, least=3.0),
            Case("UltraDict", "table['key'] = text", TEXT64 + ULTRA, cleanup="table.unlink()", least=5.0),
            Case("iceoryx2, a blackboard", "writer.update_with_copy(Text(text.encode()))", TEXT64 + ICEORYX, cleanup=ICEORYX_END),
            Case("diskcache", "cache['key'] = text", TEXT64 + DISKCACHE),
            Case("memcached, unix socket", "client.set(NAME, text)", TEXT64 + MEMCACHED),
            Case("redis, unix socket", "client.set(NAME, text)", TEXT64 + REDIS, cleanup=redis_end, least=100.0),
            Case("multiprocessing.Manager().dict()", "table['key'] = text", TEXT64 + MANAGER, cleanup="manager.shutdown()"))),
        *large_values("256 KiB", 1024),
        *large_values("1 MiB", 4096),
        *large_values("16 MiB", 65536),
        Contest("get a value of 1000 leaves", "values", (
            Case("shoal", "segment['key']", leaves, cleanup=UNLINK),
            Case("msgpack.unpackb alone", "msgpack.unpackb(packed)", packed, least=1.0),
            Case("pickle.loads alone", "pickle.loads(packed)", LEAVES + "import pickle\npacked = pickle.dumps(value)"))),
        Contest("put a value of 1000 leaves", "values", (
            Case("shoal", "segment['key'] = value", leaves, cleanup=UNLINK),
            Case("msgpack.packb alone", "msgpack.packb(value)", packed, least=1.0),
            Case("pickle.dumps alone", "pickle.dumps(value)", LEAVES + "import pickle"))),
        Contest("get a string of 64 bytes that another process writes all the time", "values", (
            Case("shoal", "segment['key']", ours, other="segment['key'] = text", cleanup=UNLINK),
            Case("lmdb, a transaction each", "get()", TEXT64 + LMDB, other="put()"),
            Case("redis, unix socket", "client.get(NAME)", TEXT64 + REDIS, other="client.set(NAME, text)", cleanup=redis_end)),
            load=1),
    )


PEER = """
import shoal, subprocess, sys
import numpy as np
def attached(name):
    code = "import shoal, sys; segment = shoal.open(sys.argv[1]); print(flush=True); sys.stdin.read()"
    there = subprocess.Popen([sys.executable, "-c", code, name], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    there.stdout.readline()
    return there
"""


def attach_and_view(when: str, setup: str, end: str) -> tuple[Contest, ...]:
    """By a process that has not attached yet, all its steps, and none of them kept."""
    ours = PEER + "segment = shoal.create(NAME, size='1M')\nsegment.array('array', (1000,), 'float64')\n" + setup + "segment.close()"
    cleanup = f"{end}\nshoal.unlink(NAME)"
    return (
        Contest(f"attach by name, view an array in numpy, detach; {when}", "segments", (
            Case("shoal", "np.asarray(shoal.open(NAME)['array'])", ours, cleanup=cleanup),
            Case("shoal, readonly", "np.asarray(shoal.open(NAME, readonly=True)['array'])", ours, cleanup=cleanup),
            Case("SharedMemory + np.ndarray",
                 "block = shared_memory.SharedMemory(NAME); np.ndarray((1000,), float, block.buf); block.close()",
                 BLOCK + "import numpy as np\nmade = shared_memory.SharedMemory(NAME, True, 8000)",
                 cleanup="made.close(); made.unlink()", least=0.57))),
    )


def segments() -> tuple[Contest, ...]:
    fresh = "import subprocess, sys\ndef run(code): subprocess.run([sys.executable, '-c', code, NAME], check=True)\n"
    quiet = "from multiprocessing import resource_tracker\nresource_tracker.register = resource_tracker.unregister = " \
            "lambda *_: None\n"
    return (
        Contest("create, close, unlink", "segments", (
            Case("shoal", "segment = shoal.create(NAME, size='1M'); segment.close(); shoal.unlink(NAME)", "import shoal"),
            Case("multiprocessing.shared_memory",
                 "block = shared_memory.SharedMemory(NAME, True, 1 << 20); block.close(); block.unlink()", BLOCK, least=1.0))),
        Contest("attach, close", "segments", (
            Case("shoal", "shoal.open(NAME).close()", "import shoal\nshoal.create(NAME, size='1M').close()",
                 cleanup="shoal.unlink(NAME)"),
            Case("multiprocessing.shared_memory", "shared_memory.SharedMemory(NAME).close()",
                 BLOCK + "block = shared_memory.SharedMemory(NAME, True, 1 << 20)", cleanup="block.close(); block.unlink()",
                 least=1.0),
            Case("the same without its tracker", "shared_memory.SharedMemory(NAME).close()",
                 BLOCK + quiet + "block = shared_memory.SharedMemory(NAME, True, 1 << 20)",
                 cleanup="block.close(); block.unlink()"))),
        *attach_and_view("another process is attached", "there = attached(NAME)\n", "there.communicate()"),
        *attach_and_view("nobody is attached", "", ""),
        Contest("a fresh process: import, create, write, unlink; what an empty program takes is subtracted", "segments", (
            Case("shoal", "run(code)", fresh + "code = '''import sys, shoal\nsegment = shoal.create(sys.argv[1], size='1M')\n"
                                               "segment['key'] = 'value'\nsegment.unlink()'''"),
            Case("multiprocessing.shared_memory", "run(code)",
                 fresh + "code = '''import sys\nfrom multiprocessing import shared_memory\n"
                         "block = shared_memory.SharedMemory(sys.argv[1], True, 1 << 20)\n"
                         "block.buf[:5] = b'value'\nblock.close()\nblock.unlink()'''", least=5.0),
            Case("an empty program", "run('pass')", fresh)), slow=True, floor=True),
    )


def arrays() -> tuple[Contest, ...]:
    ours = SEGMENT.format(size="16M") + "import numpy as np\narray = segment.array('array', (1000,), 'float64')\n" \
                                        "view = np.asarray(array)\n"
    big = "import numpy as np\nsource = np.arange(12_500_000, dtype='float64')\n"
    return (
        Contest("array[i], read", "elements", (
            Case("shoal", "array[3]", ours, cleanup=UNLINK),
            Case("memoryview", "view[3]", "import array\nview = memoryview(array.array('d', range(1000)))", least=1.0),
            Case("numpy, a scalar", "view[3]", "import numpy as np\nview = np.arange(1000, dtype='float64')", least=2.0))),
        Contest("array[i], write", "elements", (
            Case("shoal", "array[3] = 2.5", ours, cleanup=UNLINK),
            Case("memoryview", "view[3] = 2.5", "import array\nview = memoryview(array.array('d', range(1000)))"),
            Case("numpy, a scalar", "view[3] = 2.5", "import numpy as np\nview = np.arange(1000, dtype='float64')"))),
        Contest("open an array by name, view it in numpy", "arrays", (
            Case("shoal", "np.asarray(segment['array'])", ours, cleanup=UNLINK),
            Case("shoal, of an array that is open", "np.asarray(array)", ours, cleanup=UNLINK),
            Case("np.ndarray, of a SharedMemory that is open", "np.ndarray((1000,), float, made.buf)",
                 BLOCK + "import numpy as np\nmade = shared_memory.SharedMemory(NAME, True, 8000)",
                 cleanup="made.close(); made.unlink()", least=0.8),
            Case("SharedArray.attach", "SharedArray.attach('shm://' + NAME)",
                 "import SharedArray\nSharedArray.create('shm://' + NAME, (1000,), float)",
                 cleanup="SharedArray.delete('shm://' + NAME)", least=5.0),
            Case("SharedMemory + np.ndarray",
                 "block = shared_memory.SharedMemory(NAME); np.ndarray((1000,), float, block.buf); block.close()",
                 BLOCK + "import numpy as np\nmade = shared_memory.SharedMemory(NAME, True, 8000)",
                 cleanup="made.close(); made.unlink()", least=10.0),
            Case("np.ndarray of a SharedMemory that is attached", "np.ndarray((1000,), float, made.buf)",
                 BLOCK + "import numpy as np\nmade = shared_memory.SharedMemory(NAME, True, 8000)", cleanup="made.close(); made.unlink()",
                 least=0.8))),
        Contest("attach, view an array by name in numpy, detach", "arrays", (
            Case("shoal", "with shoal.open(NAME) as opened: np.asarray(opened['array'])", ours, cleanup=UNLINK),
            Case("shoal, readonly", "with shoal.open(NAME, readonly=True) as opened: np.asarray(opened['array'])", ours, cleanup=UNLINK),
            Case("SharedMemory + np.ndarray",
                 "block = shared_memory.SharedMemory(NAME); np.ndarray((1000,), float, block.buf); block.close()",
                 BLOCK + "import numpy as np\nmade = shared_memory.SharedMemory(NAME, True, 8000)",
                 cleanup="made.close(); made.unlink()"))),
        Contest("array[...] = ndarray, 100 MB", "arrays", (
            Case("shoal", "array[...] = source",
                 big + SEGMENT.format(size="256M") + "array = segment.array('array', source.shape, 'float64')\n"
                 "array[...] = source", cleanup=UNLINK),
            Case("memcpy (ctypes.memmove)", "ctypes.memmove(target.ctypes.data, source.ctypes.data, source.nbytes)",
                 big + "import ctypes\ntarget = source.copy()", least=0.8),
            Case("numpy to numpy", "target[...] = source", big + "target = source.copy()")), slow=True),
        Contest("100 MB handed to a worker", "arrays", (
            Case("shoal", "ask(); answer()", big + WORKER + SEGMENT.format(size="256M") + """
array = segment.array('array', source.shape, 'float64')
array[...] = source
def look(): return float(np.asarray(shoal.open(NAME)['array'])[-1])
start(look)
""", cleanup=UNLINK + "; stop()"),
            Case("pickled through a Pipe", "ask(); there.send(source); answer()", big + WORKER + """
here, there = multiprocessing.Pipe(False)
start(lambda: float(here.recv()[-1]))
""", cleanup="stop()"),
            Case("copied into a SharedMemory used before", "fill(); ask(); answer()", big + WORKER + BLOCK + """
block = shared_memory.SharedMemory(NAME, True, source.nbytes)
target = np.ndarray(source.shape, float, block.buf)
def fill(): target[...] = source
fill()
start(lambda: float(target[-1]))
""", cleanup="stop(); del target; block.close(); block.unlink()"),
            Case("copied into a new SharedMemory", "fill(); ask(); answer(); drop()", big + WORKER + BLOCK + """
def fill():
    global block
    block = shared_memory.SharedMemory(NAME, True, source.nbytes)
    np.ndarray(source.shape, float, block.buf)[...] = source
def drop():
    block.close()
    block.unlink()
def look():
    block = shared_memory.SharedMemory(NAME)
    last = float(np.ndarray(source.shape, float, block.buf)[-1])
    block.close()
    return last
start(look)
""", cleanup="stop()")), slow=True),
    )


# A worker that is asked by a byte, looks at the last element, and answers by a byte.
WORKER = """
import multiprocessing
def start(look):
    global asks, answers, worker
    asked, asks = os.pipe()
    answers, answered = os.pipe()
    if (worker := os.fork()) == 0:
        try:
            while os.read(asked, 1):
                os.write(answered, b'!' if look() == 12_499_999.0 else b'?')
        finally:
            os._exit(1)
    os.close(asked)
    os.close(answered)
def ask():
    os.write(asks, b'?')
def answer():
    assert os.read(answers, 1) == b'!', 'the worker saw something else, or died'
def stop():
    os.kill(worker, 9)  # workers that came later hold its pipe too: to close it is not enough
    os.waitpid(worker, 0)
"""


def contests() -> tuple[Contest, ...]:
    return locks() + values() + segments() + arrays()
