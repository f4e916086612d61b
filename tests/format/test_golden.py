"""The golden segment of each format, made once and kept as it was: this version opens it, or says why not."""

import ctypes
import gzip
import json
import os
import pathlib
import subprocess

import golden
import pytest
import stores
from conftest import Error, View, Writer
from reader import Segment

HERE = pathlib.Path(__file__).resolve().parent
GOLDEN = sorted(golden.FOLDER.glob("format-*.shoal.gz"))
RECOVERED = 1


PRESENT = golden.FOLDER / f"format-{golden.FORMAT}.shoal.gz"


def copy_of(file: pathlib.Path, path: str) -> str:
    pathlib.Path(path).write_bytes(gzip.decompress(file.read_bytes()))
    os.chmod(path, 0o600)
    return path


@pytest.fixture
def copy(path):
    """A copy of the present one under a name of its own."""
    return copy_of(PRESENT, path)


def test_there_is_one_of_the_present_format():
    assert PRESENT in GOLDEN
    header = gzip.decompress(PRESENT.read_bytes())[:16]
    assert int.from_bytes(header[8:12], "little") == golden.FORMAT


def test_the_maker_does_not_write_over_it(library_path):
    before = [file.read_bytes() for file in GOLDEN]
    done = subprocess.run(["python3", HERE / "make_golden.py", library_path], capture_output=True, text=True)
    assert done.returncode == 1 and "not written again" in done.stderr
    assert before == [file.read_bytes() for file in GOLDEN]


def get(writer: Writer, name: str) -> bytes:
    buffer, size = ctypes.create_string_buffer(64 << 10), ctypes.c_size_t()
    status = writer.library.shoal_value_get(*writer.key(name), buffer, ctypes.c_size_t(len(buffer)), ctypes.byref(size))
    assert writer.need(status) == 0
    return buffer.raw[: size.value]


def array(writer: Writer, name: str) -> tuple:
    handle, view, text = writer.opened(writer.library.shoal_object_open, name), View(), ctypes.create_string_buffer(16)
    writer.need(writer.library.shoal_array_view(ctypes.byref(view), handle))
    writer.library.shoal_dtype_name.restype = ctypes.c_char_p
    dtype = writer.library.shoal_dtype_name(view.dtype, text).decode()
    shape = tuple(view.shape[: view.ndim])
    data = ctypes.create_string_buffer(len(golden.array_bytes(dtype, shape)) or 1)
    writer.library.shoal_view_pack(data, ctypes.byref(view))
    writer.close_object(handle)
    return dtype, shape, data.raw[: len(golden.array_bytes(dtype, shape))]


def counter(writer: Writer, name: str) -> int:
    handle, value = writer.opened(writer.library.shoal_object_open, name), ctypes.c_int64()
    writer.need(writer.library.shoal_counter_value(ctypes.byref(value), handle))
    writer.close_object(handle)
    return value.value


def check_contents(writer: Writer) -> None:
    assert {name: get(writer, name) for name in golden.VALUES} == {name: item for name, (item, _) in golden.VALUES.items()}
    assert {name: array(writer, name) for name in golden.ARRAYS} == {
        name: (dtype, shape, golden.array_bytes(dtype, shape)) for name, (dtype, shape) in golden.ARRAYS.items()}
    assert {name: counter(writer, name) for name in golden.COUNTERS} == golden.COUNTERS
    for name, kind in golden.names().items():
        number = writer.need(writer.library.shoal_object_find(*writer.key(name)))
        writer.library.shoal_kind_name.restype = ctypes.c_char_p
        assert writer.library.shoal_kind_name(number).decode() == kind
    count = ctypes.c_uint64()
    writer.need(writer.library.shoal_object_count(ctypes.byref(count), writer.segment))
    assert count.value == len(golden.names())


def check_locks(writer: Writer) -> None:
    library, value, index = writer.library, ctypes.c_uint32(), ctypes.c_size_t()
    handles = {name: writer.opened(library.shoal_object_open, name) for name in {**golden.LOCKS, **golden.LEFT}}
    for function in ("set", "clear"):
        library.shoal_event_is_set.restype = ctypes.c_bool
        assert library.shoal_event_is_set(handles[function]) == (function == "set")
    for name, there in (("permits", golden.PERMITS), ("taken", golden.PERMITS), ("signal", golden.SIGNAL)):
        writer.need(library.shoal_semaphore_value(ctypes.byref(value), handles[name]))
        assert value.value == there  # of "taken" too: the dead have none
    assert library.shoal_lock_flags(handles["reentrant"]) == 1 and library.shoal_lock_flags(handles["lock"]) == 0
    assert library.shoal_barrier_parties(handles["barrier"]) == golden.PARTIES
    library.shoal_condition_lock_name.restype = ctypes.c_char_p
    assert library.shoal_condition_lock_name(handles["condition"], ctypes.byref(index)) == b"lock"
    for handle in handles.values():
        writer.close_object(handle)


def test_a_reader_opens_it(library, copy):
    before = pathlib.Path(copy).read_bytes()
    reader = Writer(library, copy, readonly=True)
    check_contents(reader)
    check_locks(reader)
    assert reader.check() == []
    reader.close()
    assert pathlib.Path(copy).read_bytes() == before


def test_a_writer_opens_it_and_mends_what_the_victim_left(library, copy):
    writer, never = Writer(library, copy), ctypes.c_int64(2**63 - 1)
    check_contents(writer)
    check_locks(writer)
    assert writer.check() == []
    assert writer.acquire(writer.lock("held")) == RECOVERED and writer.acquire(writer.lock("lock")) == 0
    written, read = (writer.opened(library.shoal_rwlock_open, name) for name in ("written", "read"))
    assert writer.need(library.shoal_rwlock_write(written, never)) == RECOVERED
    assert writer.need(library.shoal_rwlock_write(read, never)) == 0
    for name in (*golden.VALUES, *golden.ARRAYS):
        writer.remove(name)
    for i in range(100):
        writer.put(f"new {i}", b"\xa3new")
    assert writer.check() == [] and get(writer, "new 99") == b"\xa3new"
    writer.close()


def test_the_reader_made_from_the_document_opens_it(copy):
    with Segment(copy) as segment:
        assert {name: segment.value(name) for name in golden.VALUES} == {name: item for name, (item, _) in golden.VALUES.items()}
        assert segment.objects() == len(golden.names())
        segment.walk_heap()
        for name, (dtype, shape) in golden.ARRAYS.items():
            there = segment.array(name)
            assert (there.dtype, there.shape, there.data) == (dtype, shape, golden.array_bytes(dtype, shape))
        assert stores.queue(segment, "queue") == stores.MESSAGES and not stores.is_shut(segment, "queue")
        assert stores.queue(segment, "shut") == stores.LEFT and stores.is_shut(segment, "shut")
        assert stores.jobs(segment, "jobs") == stores.JOBS
        assert stores.frames(segment, "frames") == stores.FRAMES
        assert stores.frames(segment, "pictures") == stores.PICTURES and stores.shape(segment, "pictures") == ("uint16", stores.SHAPE)
        kept = list(stores.stream(segment, "news").values())
        assert kept == stores.NEWS[-len(kept):] and 2 <= len(kept) < len(stores.NEWS)


@pytest.mark.parametrize("readonly", [True, False])
def test_python_opens_it(copy, readonly):
    import shoal
    with shoal.open(copy, readonly=readonly) as segment:
        for name, (_, value) in golden.VALUES.items():
            assert segment[name] == value and type(segment[name]) is type(value)
        for name, (dtype, shape) in golden.ARRAYS.items():
            there = segment.array(name)
            assert (str(there.dtype).lstrip("|"), tuple(there.shape)) == (dtype, shape)
            assert bytes(memoryview(there).tobytes()) == golden.array_bytes(dtype, shape)
        assert {name: segment.counter(name).value for name in golden.COUNTERS} == golden.COUNTERS
        assert sorted(segment) == sorted(golden.names()) and segment.check() == []
        frame = segment["frames"].read()
        assert frame.number == 7 and frame.value == stores.FRAMES[7][3:] and len(segment["queue"]) == len(stores.MESSAGES)
        picture = segment["pictures"].read()
        assert (picture.number, str(picture.array.dtype), tuple(picture.array.shape)) == (3, "uint16", stores.SHAPE)
        assert bytes(memoryview(picture.array).tobytes()) == stores.PICTURES[3]
        news = [value for value in iter(lambda reader=segment["news"].reader(True): reader.read(0), stores.NEWS[-1][3:])]
        assert news == [item[3:] for item in stores.NEWS[-1 - len(news):-1]]
        if not readonly:
            assert [segment["queue"].get(timeout=0) for _ in stores.MESSAGES] == [item[3:] for item in stores.MESSAGES]
            assert [segment["shut"].get(timeout=0) for _ in stores.LEFT] == [item[3:] for item in stores.LEFT]
            for call in (lambda: segment["shut"].put(b""), lambda: segment["shut"].get(timeout=0)):
                with pytest.raises(shoal.ShutDown):
                    call()
            jobs = segment["jobs"]  # that of the dead has one attempt less, and comes first
            for value, attempt in ((stores.JOBS["ready 2"], 1), (stores.JOBS["taken"], 2), (stores.JOBS["ready 0"], 1)):
                with jobs.take(timeout=0) as job:
                    assert (job.value, job.attempt) == (value[0][3:], attempt)
            [dead] = jobs.dead
            assert (dead.value, dead.priority) == (stores.JOBS["dead"][0][3:], 3)
            assert jobs.delayed == 1 and segment.check() == []
            with segment.lock("held") as held:
                assert held.recovered
            segment["text"] = "more"
            assert segment["text"] == "more" and segment.check() == []


def inside(item: bytes) -> str:
    """Of a MessagePack bin of 16 bits of length what is in it, in hexadecimal."""
    return item[3:].hex()


@pytest.mark.parametrize("readonly", [True, False])
def test_php_opens_it(copy, readonly):
    command = [os.environ.get("PHP", "php"), "-n", "-d", f"extension={os.environ['SHOAL_PHP_EXTENSION']}", HERE / "golden.php", copy,
               "readonly" if readonly else "writing"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(done.stdout)
    assert told["names"] == sorted(golden.names()) and told["check"] == []
    assert told["arrays"] == {
        name: [dtype, list(shape), golden.array_bytes(dtype, shape).hex()] for name, (dtype, shape) in golden.ARRAYS.items()}
    assert told["counters"] == golden.COUNTERS
    values = {name: value.hex() if isinstance(value, bytes) else value for name, (_, value) in golden.VALUES.items()}
    values["map"] = {"a": 1, "b": {"5": 6}}  # the keys of a JSON object
    assert told["values"] == values
    assert told["recovered"] == (None if readonly else True)
    assert told["frames"] == {"frames": [7, inside(stores.FRAMES[7])], "pictures": [3, "uint16", list(stores.SHAPE), stores.PICTURES[3].hex()]}
    assert len(told["news"]) >= 2 and told["news"] == [inside(item) for item in stores.NEWS[-len(told["news"]):]]
    assert told["counts"] == [len(stores.MESSAGES), len(stores.LEFT), True, 1]
    if not readonly:
        assert told["queue"] == [inside(item) for item in stores.MESSAGES] and told["shut"] == [inside(item) for item in stores.LEFT]
        assert told["taken"] == [[inside(stores.JOBS[which][0]), attempt] for which, attempt in (("ready 2", 1), ("taken", 2), ("ready 0", 1))]
        assert told["dead"] == [[inside(stores.JOBS["dead"][0]), 3, "buried"]]


@pytest.mark.parametrize("older", [file for file in GOLDEN if file != PRESENT], ids=lambda file: file.name.split(".")[0])
def test_an_older_format_is_refused_by_its_number(library, path, older):
    number = older.name.split(".")[0].removeprefix("format-")
    for readonly in (True, False):
        with pytest.raises(Error, match=f"has format version {number}, this library reads version {golden.FORMAT}"):
            Writer(library, copy_of(older, path), readonly=readonly)


def test_another_format_is_refused_by_its_number(library, copy):
    image = bytearray(pathlib.Path(copy).read_bytes())
    image[8:12] = (golden.FORMAT + 1).to_bytes(4, "little")
    pathlib.Path(copy).write_bytes(image)
    with pytest.raises(Error, match=f"version {golden.FORMAT + 1}"):
        Writer(library, copy, readonly=True)
