"""Queue, JobQueue, Channel and Stream: what the golden segment has of them, and a reader of them by docs/format.md alone."""

from __future__ import annotations

import ctypes
import struct

from page import places_of
from reader import DTYPES, Damaged, Segment, need

QUEUE, JOB_QUEUE, CHANNEL, STREAM = 10, 11, 12, 13
PLAIN, PAD, LARGE = 1, 2, 3
LISTS = ("ready 0", "ready 1", "ready 2", "ready 3", "delayed", "taken", "dead")
NEVER = ctypes.c_int64(2**63 - 1)

KINDS = {"queue": "Queue", "shut": "Queue", "jobs": "JobQueue", "frames": "Channel", "pictures": "Channel", "news": "Stream"}
CAPACITY, FRAME, SLOTS, HISTORY = 32768, 300, 4, 2
UINT16, SHAPE = 7, (3, 5)


def message(number: int, size: int) -> bytes:
    return b"\xc5" + struct.pack(">H", size) + bytes((i * number + number) % 251 for i in range(size))


MESSAGES = [message(2, 3000), message(3, 9000), message(4, 2500), message(5, 10)]  # a pad is among them; 9000: in a run
LEFT = [message(30, 100), message(31, 9500), message(32, 1)]  # in the queue that was shut; 9500: in a run
JOBS = {"ready 0": [message(6, 40)], "ready 2": [message(7, 9100)], "delayed": [message(8, 20)], "taken": [message(9, 30)], "dead": [message(10, 9200)]}
FRAMES = {6: message(16, 200), 7: message(17, 297)}
PICTURES = {2: bytes(range(60, 90)), 3: bytes(range(100, 130))}  # of SHAPE, uint16
NEWS = [message(number, 400) for number in range(20, 29)]  # more than the ring holds


class Slot(ctypes.Structure):
    _fields_ = [("data", ctypes.c_void_p), ("size", ctypes.c_uint64), ("number", ctypes.c_uint64), ("time", ctypes.c_uint64), ("slot", ctypes.c_uint32 * 2)]


class ChannelOptions(ctypes.Structure):
    _fields_ = [("dtype", ctypes.c_uint32 * 2), ("ndim", ctypes.c_size_t), ("shape", ctypes.POINTER(ctypes.c_int64)), ("bytes", ctypes.c_uint64),
                ("slots", ctypes.c_uint32), ("history", ctypes.c_uint32)]  # fmt: skip


class JobQueueOptions(ctypes.Structure):
    _fields_ = [("capacity", ctypes.c_uint64), ("attempts", ctypes.c_uint32), ("zero", ctypes.c_uint32), ("lease", ctypes.c_int64)]


# ---- The maker, and who is killed: by the library ----

def open_frames(writer):
    return writer.opened(writer.library.shoal_channel_open, "frames", ctypes.byref(ChannelOptions(bytes=FRAME, slots=SLOTS, history=HISTORY)))


def _pictures(writer):
    options = ChannelOptions((UINT16, 2), len(SHAPE), (ctypes.c_int64 * len(SHAPE))(*SHAPE), slots=SLOTS, history=HISTORY)
    return writer.opened(writer.library.shoal_channel_open, "pictures", ctypes.byref(options))


def open_jobs(writer):
    return writer.opened(writer.library.shoal_job_queue_open, "jobs", ctypes.byref(JobQueueOptions(CAPACITY * 4, 3, 0, 0)))


def publish(writer, channel, item: bytes) -> None:
    slot = Slot()
    writer.need(writer.library.shoal_slot_begin(ctypes.byref(slot), channel))
    ctypes.memmove(slot.data, item, len(item))
    writer.need(writer.library.shoal_slot_publish(channel, ctypes.byref(slot), ctypes.c_uint64(len(item))))


def put_job(writer, jobs, item: bytes, priority: int, delay: int = 0) -> None:
    writer.need(writer.library.shoal_job_queue_put(jobs, item, ctypes.c_size_t(len(item)), ctypes.c_uint32(priority), ctypes.c_int64(delay), NEVER))


def fill(writer) -> None:
    library = writer.library
    queue = writer.opened(library.shoal_queue_open, "queue", ctypes.c_uint64(CAPACITY))
    buffer, taken = ctypes.create_string_buffer(8192), (ctypes.c_uint64 * 16)()
    for _ in range(9):  # so that the ring's end is near
        item = message(1, 3000)
        writer.need(library.shoal_queue_put(queue, item, ctypes.c_size_t(len(item)), NEVER))
        writer.need(library.shoal_queue_get(ctypes.byref(taken), queue, buffer, NEVER))
    for item in MESSAGES:
        writer.need(library.shoal_queue_put(queue, item, ctypes.c_size_t(len(item)), NEVER))
    shut = writer.opened(library.shoal_queue_open, "shut", ctypes.c_uint64(CAPACITY))
    for item in LEFT:
        writer.need(library.shoal_queue_put(shut, item, ctypes.c_size_t(len(item)), NEVER))
    writer.need(library.shoal_queue_shut(shut, ctypes.c_bool(False)))
    jobs = open_jobs(writer)
    put_job(writer, jobs, JOBS["dead"][0], 3)
    job = (ctypes.c_uint64 * 16)()
    writer.need(library.shoal_job_queue_take(ctypes.byref(job), jobs, NEVER))
    writer.need(library.shoal_job_bury(ctypes.byref(job)))
    for which, priority, delay in (("taken", 0, 0), ("ready 0", 0, 0), ("delayed", 1, 10**18)):
        put_job(writer, jobs, JOBS[which][0], priority, delay)
    channel = open_frames(writer)
    for number in range(11, 16):
        publish(writer, channel, message(number, 100))
    publish(writer, channel, FRAMES[6])
    pictures = _pictures(writer)
    for item in (bytes(30), *PICTURES.values()):
        publish(writer, pictures, item)
    stream = writer.opened(library.shoal_stream_open, "news", ctypes.c_uint64(2048))
    number = ctypes.c_uint64()
    for item in NEWS:
        writer.need(library.shoal_stream_send(ctypes.byref(number), stream, item, ctypes.c_size_t(len(item)), NEVER))
    for handle in (queue, shut, jobs, channel, pictures, stream):
        writer.close_object(handle)


def leave(writer) -> None:
    """It is killed with a job, a pinned frame and one that it writes."""
    library, jobs, channel = writer.library, open_jobs(writer), open_frames(writer)
    job, slot = (ctypes.c_uint64 * 16)(), Slot()
    writer.need(library.shoal_job_queue_take(ctypes.byref(job), jobs, NEVER))
    put_job(writer, jobs, JOBS["ready 2"][0], 2)  # now: else it would have been taken first
    writer.need(library.shoal_slot_pin(ctypes.byref(slot), channel, ctypes.c_uint64(0)))
    publish(writer, channel, FRAMES[7])
    writer.need(library.shoal_slot_begin(ctypes.byref(slot), channel))


# ---- By the page ----

class Words:
    """The words of a struct, by their names."""

    def __init__(self, segment: Segment, kind: str, at: int):
        self.segment, self.at, self.places = segment, at, places_of(kind)

    def __getattr__(self, name: str) -> int:
        return self.segment.word(self.at + self.places[name])

    def wide(self, name: str) -> int:
        return struct.unpack("=Q", self.segment.read(self.at + self.places[name], 8))[0]


def _records(segment: Segment, ring: int, units: int, head: int, tail: int):
    """(kind, number, position, where the bytes are, their size) of each."""
    while head != tail:
        at = ring + head % units * 16
        size, number = segment.word(at), segment.word(at + 4)
        kind, size = size >> 28, size & 0xFFFFFFF
        need((8 + size + 15) // 16 <= (tail - head) % 2**32 and head % units * 16 + 8 + size <= units * 16, "a record")
        if kind != PAD:
            yield kind, number, head, at + 8, size
        head = (head + (8 + size + 15) // 16) % 2**32


def _one_record(segment: Segment, ring: int, units: int, head: int, tail: int) -> tuple[int, int, bytes]:
    """Its number (0 of a pad), the position behind it, and what is in it."""
    at = ring + head % units * 16
    size, number = segment.word(at), segment.word(at + 4)
    kind, size = size >> 28, size & 0xFFFFFFF
    length = (8 + size + 15) // 16
    need(length <= (tail - head) % 2**32 and head % units * 16 + 8 + size <= units * 16, "a record")
    return 0 if kind == PAD else number, (head + length) % 2**32, segment.read(at + 8, size)


def queue(segment: Segment, name: str) -> list[bytes]:
    def read(at: int) -> list[bytes]:
        words, found = Words(segment, "queue_sh", at), []
        for kind, _, _, place, size in _records(segment, at + 256, words.units, words.head, words.tail):
            if kind == LARGE:
                run, _, size, start = struct.unpack("=IIQI", segment.read(place, 20))
                place = segment.offset(run, size) + start
            found.append(segment.read(place, size))
        return found

    def of_one_moment(at: int) -> list[bytes]:
        """Nobody put or got anything meanwhile."""
        while True:
            words = Words(segment, "queue_sh", at)
            before = words.head, words.tail
            try:
                found = read(at)
            except Damaged:
                found = None
            if (words.head, words.tail) == before:
                need(found is not None, "a queue")
                return found
    return segment.body(name, QUEUE, of_one_moment)


def jobs(segment: Segment, name: str) -> dict[str, list[bytes]]:
    def read(at: int) -> dict[str, list[bytes]]:
        found = {}
        for i, which in enumerate(LISTS):
            ref, _, count, _ = struct.unpack("=4I", segment.read(at + 64 + 16 * i, 16))
            while ref:
                job = Words(segment, "job_sh", segment.offset(ref, 96))
                size, place = job.wide("size"), job.at + 96
                if job.run:
                    place = segment.heap + ((job.run - 1) << segment.page_shift)
                need(job.list == i, "a job in its list")
                found.setdefault(which, []).append(segment.read(place, size))
                ref = job.next
            need(len(found.get(which, ())) == count, "a count of jobs")
        return found
    return segment.of_one_moment(lambda: segment.body(name, JOB_QUEUE, read))


def is_shut(segment: Segment, name: str) -> bool:
    return segment.body(name, QUEUE, lambda at: Words(segment, "queue_sh", at).state != 0)


def shape(segment: Segment, name: str) -> tuple[str, tuple[int, ...]]:
    """The dtype and the shape of a channel's frames."""
    def read(at: int) -> tuple[str, tuple[int, ...]]:
        words = Words(segment, "channel_sh", at)
        need(words.ndim <= 32, "a shape")
        return DTYPES.get(words.dtype, f"S{words.itemsize}"), struct.unpack(f"={words.ndim}q", segment.read(at + words.places["shape"], 8 * words.ndim))
    return segment.body(name, CHANNEL, read)


def frames(segment: Segment, name: str) -> dict[int, bytes]:
    """Those of its history that are there."""
    def read(at: int) -> dict[int, bytes]:
        words, found = Words(segment, "channel_sh", at), {}
        newest = words.newest
        for number in range(max(1, newest - words.history + 1), newest + 1):
            index = segment.word(at + places_of("channel_sh")["where"] + 4 * (number % 16))
            need(index < words.slots, "a slot")
            slot = Words(segment, "slot_sh", at + 448 + 64 * index)
            if slot.number == number:
                size = slot.wide("size")
                data = segment.read(at + words.wide("data") + index * words.wide("stride"), min(size, words.wide("bytes")))
                if slot.number == number:  # the copy is that frame's
                    need(size == len(data), "the size of a frame")
                    found[number] = data
        return found
    return segment.body(name, CHANNEL, read)


def _look(segment: Segment, at: int) -> tuple[int, int, int]:
    """The newest message, the head and the tail of a stream, of one moment."""
    while True:
        words = Words(segment, "stream_sh", at)
        newest, head = words.newest, words.head
        tail = segment.word(at + 144 + 16 * (newest % 2))
        if words.newest == newest:
            need((tail - head) % 2**32 <= words.units, "the head of a stream")
            return newest, head, tail


def stream(segment: Segment, name: str) -> dict[int, bytes]:
    """What is in it, by number: the newest of one moment, without what was written over meanwhile."""
    def read(at: int) -> dict[int, bytes]:
        newest, head, tail = _look(segment, at)
        units, found = segment.word(at), {}
        while head != tail:
            try:
                number, following, data = _one_record(segment, at + 192, units, head, tail)
            except Damaged:
                number, following, data = 0, 0, b""
            behind = (_look(segment, at)[1] - head) % 2**32
            if 0 < behind < 2**31:  # written over: the copy counts for nothing
                found.clear()
                head = (head + behind) % 2**32
                if (tail - head) % 2**32 > units:
                    return found
                continue
            need(following, "a record")
            if number:
                found[number] = data
            head = following
        need(not found or max(found) == newest, "the newest message")
        return found
    return segment.body(name, STREAM, read)
