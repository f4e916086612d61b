"""A forked child is born a peer, or has nothing of what its parent has open and is told why."""

import fcntl
import os
import resource
import signal
import struct

import numpy as np
import pytest
from kinds import KINDS, LIVE

import shoal
from conftest import die_with_parent, leave, wait_for


class Child:
    """A forked child that waits to be told, runs `function`, and ends; killed with its parent."""

    def __init__(self, function=lambda: None):
        told, self.tell = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            status = 1
            try:
                die_with_parent()
                os.close(self.tell)
                os.read(told, 1)
                function()
                status = 0
            finally:
                leave(status)
        os.close(told)

    def end(self):
        os.write(self.tell, b"x")  # later children have that end of the pipe, too
        os.close(self.tell)
        return wait_for(self.pid)


def without_a_place(function):
    """Call it in a child that is forked when this process can open nothing more."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    read, write = os.pipe()
    next_number = os.dup(0)
    os.close(next_number)
    resource.setrlimit(resource.RLIMIT_NOFILE, (next_number, hard))
    try:
        pid = os.fork()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    if pid == 0:
        status = 1
        try:
            function()
            status = 0
        except BaseException as error:
            os.write(write, repr(error).encode())
        finally:
            os._exit(status)
    os.close(write)
    with os.fdopen(read) as said:
        complaint = said.read()
    status = wait_for(pid)
    return complaint or status


def each_look(segment):
    """Of everything that is open: a look, and a change."""
    handles = {name: kind.make(segment, name) for name, kind in LIVE.items()}
    segment["v"] = 1
    return [
        *[lambda call=call, handle=handles[name]: call(handle) for name, kind in LIVE.items() for call in kind.looks + kind.changes],
        *[lambda kind=kind: kind.make(segment) for kind in KINDS.values()],
        lambda: segment["v"], lambda: segment.get("v"), lambda: segment.keys(), lambda: segment.__setitem__("v", 2),
        lambda: segment.info(), segment.check,
    ]  # fmt: skip


def test_every_call_of_a_child_without_a_place_says_why(segment, name):
    looks = each_look(segment)

    def child():
        silent = []
        for number, look in enumerate(looks):
            try:
                silent.append((number, look()))
            except shoal.Closed as told:
                assert "forked without it" in str(told) and "Too many open files" in str(told)
        assert not silent, silent
        with shoal.open(name) as again:
            assert again["counter"].add() == 6

    assert without_a_place(child) == 0
    assert segment["counter"].value == 6


def test_only_a_view_that_was_taken_before_is_a_fault_in_a_child_without_a_place(segment):
    array = segment.array("a", 1000, "u1")
    view = np.asarray(array)

    def element():
        with pytest.raises(shoal.Closed, match="forked without it"):
            array[0] = 1

    assert os.WTERMSIG(without_a_place(lambda: view.__setitem__(0, 1))) == signal.SIGSEGV
    assert without_a_place(element) == 0
    assert view[0] == 0


def store_after_the_parent_has_removed_it(segment, view):
    """What a child stores through its view, when the memory would be others' if nobody kept it."""
    child = Child(lambda: view.__setitem__(..., 0xEE))
    del segment["victim"]
    for number in range(2000):
        segment[f"v{number}"] = "x" * 100
    status = child.end()
    assert segment.check() == [] and all(segment[f"v{number}"] == "x" * 100 for number in range(2000))
    return status


def test_a_child_stores_into_its_own_array_whatever_the_parent_removed(segment):
    view = np.asarray(segment.array("victim", 400000, "u1"))
    assert store_after_the_parent_has_removed_it(segment, view) == 0


def test_a_readonly_process_cannot_bring_a_writers_child_to_store_elsewhere(segment, name):
    """It holds shared locks on the bytes of all free slots, so that no child has a place."""
    view = np.asarray(segment.array("victim", 400000, "u1"))
    path = f"{os.environ.get('SHOAL_DIR', '/dev/shm')}/shoal.{name}"
    ready, tell = os.pipe()

    def lock_all():
        fd = os.open(path, os.O_RDONLY)
        for slot in range(1022):
            try:
                fcntl.fcntl(fd, 37, struct.pack("hhqqi4x", fcntl.F_RDLCK, 0, (1 << 40) + slot, 1, 0))  # F_OFD_SETLK
            except OSError:
                pass
        os.write(tell, b"x")
        signal.pause()

    attacker = os.fork()
    if attacker == 0:
        try:
            die_with_parent()
            lock_all()
        finally:
            os._exit(1)
    os.read(ready, 1)
    assert os.WTERMSIG(store_after_the_parent_has_removed_it(segment, view)) == signal.SIGSEGV
    os.kill(attacker, signal.SIGKILL)
    wait_for(attacker)


def test_a_full_roster_leaves_no_child_a_window_on_others_memory(name):
    with shoal.create(name, "900K") as segment:
        kids = [Child() for _ in range(segment.info().peer_limit - 1)]
        view = np.asarray(segment.array("victim", 200000, "u1"))
        assert os.WTERMSIG(store_after_the_parent_has_removed_it(segment, view)) == signal.SIGSEGV
        assert [kid.end() for kid in kids] == [0] * len(kids)
        assert len(segment.info().peers) == 1


def test_a_first_look_is_at_what_it_was_though_the_parent_removed_it(segment):
    counter, semaphore, barrier, event = segment.counter("c", 42), segment.semaphore("s", 5), segment.barrier("b", 3), segment.event("e")
    event.set()

    def look():
        assert (counter.value, semaphore.value, barrier.parties, event.is_set()) == (42, 5, 3, True)

    child = Child(look)
    del counter, semaphore, barrier, event
    for key in "csbe":
        del segment[key]
    for number in range(2000):
        segment[f"v{number}"] = "\xff" * (number % 300)
    assert segment.info().removed == 4 and child.end() == 0
    assert segment.info().removed == 0


def test_nothing_that_is_closed_and_removed_is_kept_for_later_children(segment):
    kids = []
    for number in range(10):
        array = segment.array(f"job{number}", 1 << 17)
        kids.append(Child())  # has this one open, and no other
        del array, segment[f"job{number}"]
        assert segment.info().removed == number + 1
    for left in range(9, -1, -1):
        assert kids.pop().end() == 0 and segment.info().removed == left


def test_children_that_are_gone_keep_nothing_however_often_one_forks(segment):
    for _ in range(200):
        array = segment.array("tmp", 1 << 17)
        del array, segment["tmp"]
        assert Child().end() == 0
    assert segment.info().removed == 0 and len(segment.info().peers) == 1


def test_a_shared_segment_lives_on_in_a_daemon_that_made_no_call(name):
    segment = shoal.create(name, "1M", lifetime="shared")
    segment["config"] = "precious"
    daemon = Child(lambda: segment.__setitem__("more", segment["config"]))
    segment.close()
    with shoal.open(name) as other:
        assert other["config"] == "precious"
        assert daemon.end() == 0 and other["more"] == "precious"
    with pytest.raises(shoal.NotFound):
        shoal.open(name)
