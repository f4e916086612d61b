"""A writer made from docs/format.md alone stores and removes beside libshoal, and either of the two may be killed."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time

import pytest
from conftest import Writer
from peer import HEADER, Peer
from reader import Owner, Segment
from test_guesses import get
from test_reader import HERE, item, kill, victim

ROUNDS = {"short": 1, "default": 4, "long": 40}[os.environ.get("SHOAL_TORTURE", "default")]
SIZES = (0, 1, 15, 63, 100, 500, 1100, 4075, 4076, 4081, 6000, 20_000)


def test_it_is_a_peer_while_it_lives_and_is_seen_dead_when_it_is(writer, path):
    code = "import sys; sys.path.insert(0, sys.argv[1]); from peer import Peer; peer = Peer(sys.argv[2]); print('ready', flush=True); input()"
    process = subprocess.Popen([sys.executable, "-c", code, HERE, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout.readline() == b"ready\n"
    with Segment(path) as segment:
        assert segment.peers() == [Owner(0, os.getpid(), True), Owner(1, process.pid, True)]
        kill(process)
        process.stdin.close()
        assert segment.peers() == [Owner(0, os.getpid(), True), Owner(1, process.pid, False)]
        Writer(writer.library, path).close()


@pytest.mark.parametrize("size", [192 << 10, 1 << 20, 1 << 31, 62 << 30])
@pytest.mark.parametrize("seed", range(2))
def test_random_changes_by_both_leave_what_a_plain_dict_has(library, path, size, seed):
    writer, dice, plain = Writer(library, path, create=True, size=size), random.Random(seed), {}
    names = [f"{'n' * dice.randrange(1, 250)}-{i}" for i in range(40 if size < 1 << 20 else 150)]
    sizes = SIZES[:8] if size < 1 << 20 else SIZES
    with Peer(path) as peer:
        for step in range(900):
            name, by = dice.choice(names), dice.choice((writer, peer))
            if name in plain and dice.random() < 0.4:
                by.remove(name)
                del plain[name]
            elif len(plain) < 25 or size >= 1 << 20:
                plain[name] = item(dice.choice(sizes), step)
                by.put(name, plain[name])
            if step % 100 == 0:
                assert writer.check() == []
        assert peer.names() == dict.fromkeys(plain, "Value")
        assert {name: peer.value(name) for name in plain} == {name: get(writer, name) for name in plain} == plain
        peer.walk_heap()
        for name in plain:
            peer.remove(name)
        assert writer.check() == [] and peer.walk_heap()[1] == 1  # the table
    assert writer.check() == []
    writer.close()


def test_the_first_name_of_a_segment_may_be_its(library, path):
    writer = Writer(library, path, create=True, size=1 << 20)
    with Peer(path) as peer:
        peer.put("first", item(10, 1))
        assert get(writer, "first") == item(10, 1) and writer.check() == []
    writer.close()


def test_it_adds_to_a_table_that_grows(writer, path):
    with Peer(path) as peer, Segment(path) as segment:
        for i in range(0, 600, 2):
            writer.put(f"name {i}", item(i % 40, i))
            peer.put(f"name {i + 1}", item(i % 40, i + 1))
        assert all(segment.value(f"name {i}") == get(writer, f"name {i}") == item(i // 2 * 2 % 40, i) for i in range(600))
        for i in range(600):
            (peer if i % 3 else writer).remove(f"name {i}")
    assert writer.check() == []


def test_it_keeps_what_it_has_open_by_the_readers_byte(writer, path):
    writer.array("a", "int8", (4,), b"abcd")
    with Peer(path) as peer:
        entry = peer.keep("a")
        writer.remove("a")
        assert peer.word(148) == entry.ref  # header.limbo
        peer.give_back(entry)


BOTH = {
    "libshoal": """
print("ready", flush=True)
round = 0
while True:
    round += 1
    for size in (20, 3000, 5000):
        writer.put(f"toggles {size}", item(size + round % 2, round % 2))
    for i in range(30):
        writer.put(f"w {i}", item(i * round % 5000, i))
    for i in range(30):
        writer.remove(f"w {i}")
""",
    "peer": """
from peer import Peer
peer = Peer(sys.argv[3])
print("ready", flush=True)
round = 0
while True:
    round += 1
    for size in (20, 3000, 5000):
        peer.put(f"toggles {size}", item(size + round % 2, round % 2))
    for i in range(10):
        peer.put(f"p {i}", item(i * round % 5000, i))
    for i in range(10):
        peer.remove(f"p {i}")
"""}


def assert_whole(segment: Segment) -> None:
    for size in (20, 3000, 5000):
        assert segment.value(f"toggles {size}") in (item(size, 0), item(size + 1, 1)), size


def forget(peer: Peer, letter: str) -> None:
    for name in [name for name in peer.names() if name.startswith(letter)]:
        peer.remove(name)


@pytest.mark.parametrize("first", BOTH)
def test_either_is_killed_at_any_time_and_the_other_mends_it(writer, path, library_path, first):
    for size in (20, 3000, 5000):
        writer.put(f"toggles {size}", item(size, 0))
    dice = random.Random(7)
    with Segment(path) as segment:
        for _ in range(ROUNDS):
            processes = [victim(path, library_path, BOTH[name]) for name in sorted(BOTH, key=lambda name: name != first)]
            end = time.monotonic() + dice.random() * 0.3
            while time.monotonic() < end:
                assert_whole(segment)
            for process in processes:
                kill(process)
                assert_whole(segment)
            with Peer(path) as peer:  # it recovers what the last one left
                forget(peer, "p")
                forget(peer, "w")
                assert peer.word(HEADER["lock"]) & 0xFFF == 0
            assert writer.check() == []
            assert_whole(segment)


def test_a_stopped_holder_is_waited_for_and_a_dead_one_is_not(writer, path):
    writer.put("a", item(10, 1))
    code = ("import os, signal, sys; sys.path.insert(0, sys.argv[1]); from peer import Peer; peer = Peer(sys.argv[2]); peer.lock()\n"
            "at = peer.offset(peer.find('a').ref) + 28; peer.change(at, 77); peer.publish(at - 4, 1000)\n"
            "print('ready', flush=True); os.kill(os.getpid(), signal.SIGSTOP)")
    process = subprocess.Popen([sys.executable, "-c", code, HERE, path], stdout=subprocess.PIPE)
    assert process.stdout.readline() == b"ready\n"
    assert writer.check() == []  # of a copy in which the half-done change was mended
    kill(process)
    writer.put("b", item(10, 2))
    with Segment(path) as segment:
        assert segment.find("a").spare == 0 and segment.find("a").version == 0
        assert segment.value("a") == item(10, 1)
    assert writer.check() == []
