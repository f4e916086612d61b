"""The reader made from docs/format.md looks at queues, jobs, frames and messages while another process goes on, and after its death."""

import ctypes
import os
import pathlib
import signal
import subprocess
import sys
import time

import pytest
import stores
from conftest import Writer, load
from reader import Segment

HERE = pathlib.Path(__file__).resolve().parent
NAMES = ("queue", "jobs", "frames", "news")

GOES_ON = """
import sys; sys.path.insert(0, sys.argv[1])
import test_live
test_live.go_on(sys.argv[2], sys.argv[3])
"""


def go_on(library_path: str, path: str) -> None:
    """The other process: it does something with each of them, for ever."""
    writer = Writer(load(library_path), path)
    library, total = writer.library, 0
    queue, jobs, frames, news = (writer.opened(library.shoal_object_open, name) for name in NAMES)
    buffer, taken, job, sent = ctypes.create_string_buffer(8192), (ctypes.c_uint64 * 16)(), (ctypes.c_uint64 * 16)(), ctypes.c_uint64()
    count = ctypes.c_uint64()
    print("ready", flush=True)
    while True:
        total += 1
        number = total % 250
        item = stores.message(number, 9000 + number if number % 9 == 0 else 10 * number)
        size = ctypes.c_size_t(len(item))
        writer.need(library.shoal_queue_put(queue, item, size, stores.NEVER))
        writer.need(library.shoal_queue_size(ctypes.byref(count), queue))
        for _ in range(count.value - 3):
            writer.need(library.shoal_queue_get(ctypes.byref(taken), queue, buffer, stores.NEVER))
            library.shoal_taken_end(ctypes.byref(taken))
        stores.put_job(writer, jobs, item, number % 4)
        if total > 5:  # so many stay
            writer.need(library.shoal_job_queue_take(ctypes.byref(job), jobs, stores.NEVER))
            writer.need(library.shoal_job_done(ctypes.byref(job)))
        stores.publish(writer, frames, stores.message(number, 200 + number % 50))
        item = stores.message(number, 300 + number)
        writer.need(library.shoal_stream_send(ctypes.byref(sent), news, item, ctypes.c_size_t(len(item)), stores.NEVER))
        if number % 3 == 0:
            time.sleep(0.001)


def is_whole(item: bytes) -> bool:
    return len(item) >= 4 and item == stores.message(item[3], len(item) - 3)


def follow_each_other(items: list[bytes]) -> bool:
    numbers = [item[3] for item in items]
    return all(after == (before + 1) % 250 for before, after in zip(numbers, numbers[1:]))


def look_at_all(segment: Segment) -> tuple[int, int]:
    """The newest frame's number and the newest message's."""
    queue, jobs = stores.queue(segment, "queue"), [item for items in stores.jobs(segment, "jobs").values() for item in items]
    frames, news = stores.frames(segment, "frames"), stores.stream(segment, "news")
    assert len(queue) <= 4 and len(jobs) <= 7 and len(frames) <= stores.HISTORY
    for which in (queue, jobs, frames.values(), news.values()):
        assert all(map(is_whole, which))
    assert follow_each_other(queue) and follow_each_other(list(news.values())) and list(news) == sorted(news)
    assert all(number % 250 == item[3] % 250 for number, item in (*frames.items(), *news.items()))
    return max(frames, default=0), max(news, default=0)


@pytest.fixture
def other(writer, path, library_path):
    library = writer.library
    for opened in (writer.opened(library.shoal_queue_open, "queue", ctypes.c_uint64(stores.CAPACITY)), stores.open_jobs(writer),
                   stores.open_frames(writer), writer.opened(library.shoal_stream_open, "news", ctypes.c_uint64(4096))):
        writer.close_object(opened)
    process = subprocess.Popen([sys.executable, "-c", GOES_ON, HERE, library_path, path], stdout=subprocess.PIPE)
    assert process.stdout.readline() == b"ready\n"
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def test_each_look_beside_one_who_goes_on_is_whole(other, path):
    with Segment(path) as segment:
        first, end = look_at_all(segment), time.monotonic() + 1
        looks = 0
        while time.monotonic() < end or looks < 30:
            newest = look_at_all(segment)
            looks += 1
        assert newest[0] > first[0] + 30 and newest[1] > first[1] + 30
    assert other.poll() is None


@pytest.mark.parametrize("moment", range(4))
def test_what_the_dead_left_is_whole(other, writer, path, moment):
    with Segment(path) as segment:
        time.sleep(0.05 + moment * 0.0133)  # a moment like any other
        os.kill(other.pid, signal.SIGKILL)
        other.wait()
        assert writer.check() == []  # a change that was begun is undone, or done
        assert look_at_all(segment)[0] > 0
        segment.walk_heap()
