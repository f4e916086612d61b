"""Beside a process that is stopped while it puts, gets, or writes a frame, each call of either language ends within its time and names it."""

import os
import pathlib
import signal
import subprocess
import sys
import time

import pytest
from conftest import Refused
from values import describe

import shoal

HERE = pathlib.Path(__file__).resolve().parent


@pytest.fixture
def stopped(own_segment):
    """stopped(name, struct, field): the pid of a process that has this lock, and is stopped."""
    started = []

    def stop(*where):
        process = subprocess.Popen([sys.executable, HERE / "stopped_at_work.py", own_segment.name, *where], stdout=subprocess.PIPE)
        started.append(process)
        assert process.stdout.readline() == b"has it\n"
        os.waitpid(process.pid, os.WUNTRACED)
        return process.pid

    yield stop
    for process in started:
        process.send_signal(signal.SIGCONT)
        assert process.wait(20) == 0
        process.stdout.close()


def within(call, least, most):
    start = time.monotonic()
    answer = call()
    assert least <= time.monotonic() - start < most + 1
    return answer


def test_full_and_empty_name_who_is_stopped_in_a_put(own_segment, peers, stopped):
    queue, [php] = own_segment.queue("x"), peers("php")
    queue.put(1)
    pid = stopped("x", "queue_sh", "put_lock")
    for timeout in (0, 0.2):
        with pytest.raises(shoal.Full, match=rf"\(pid {pid}\).*it is stopped"):
            within(lambda: queue.put(2, timeout=timeout), timeout, timeout)
        assert within(lambda: php("queue put", value=describe(2), timeout=timeout), timeout, timeout) is False
    assert php("queue get", timeout=0) == describe(1)  # a get waits for nobody who puts
    with pytest.raises(shoal.Empty):
        queue.get(timeout=0)


def test_empty_names_who_is_stopped_in_a_get(own_segment, peers, stopped):
    queue, [php] = own_segment.queue("x"), peers("php")
    queue.put(1)
    pid = stopped("x", "queue_sh", "get_lock")
    for timeout in (0, 0.2):
        with pytest.raises(shoal.Empty, match=rf"\(pid {pid}\).*it is stopped"):
            within(lambda: queue.get(timeout=timeout), timeout, timeout)
        with pytest.raises(Refused, match=rf"Timeout.*\(pid {pid}\).*it is stopped"):
            within(lambda: php("queue get", timeout=timeout), timeout, timeout)
    queue.put(2)  # a put waits for nobody who gets
    assert len(queue) == 2 == php("queue size")


def test_a_writer_of_frames_waits_a_second_for_who_is_stopped_and_readers_do_not(own_segment, peers, stopped):
    channel, [php] = own_segment.channel("x", (4,), "uint8"), peers("php")
    with channel.write() as frame:
        frame[:] = 7
    pid = stopped("x", "channel_sh", "lock")
    assert within(lambda: bytes(memoryview(channel.read().array)), 0, 0) == bytes([7] * 4)

    def write():
        with channel.write():
            pass
    with pytest.raises(shoal.Timeout, match=rf"\(pid {pid}\)"):
        within(write, 0.5, 1.5)
    with pytest.raises(Refused, match=rf"Timeout.*\(pid {pid}\)"):
        within(lambda: php("fill frames", name="x", item=1), 0.5, 1.5)
    assert channel.newest == 1
