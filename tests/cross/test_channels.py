"""One channel, written from one side and read from the other, whoever is killed."""

import os
import random
import signal
import time

import numpy as np
import pytest
from conftest import Refused
from values import describe

PROMPTLY = 0.3  # seconds from what was done to when the other sees it
both_ways = pytest.mark.parametrize("one, other", [("php", "python"), ("python", "php"), ("php", "php")])
N = 64


@pytest.fixture
def channel(own_segment):
    return own_segment.channel("c", N, "i4", slots=4)


@both_ways
def test_what_one_makes_the_other_opens(peers, one, other):
    a, b = peers(one, other)
    for given, facts in (
        (dict(shape=[2, 3], dtype="int16"), [[2, 3], "int16", 12, 8, 1]), (dict(shape=[], dtype="float64", slots=3), [[], "float64", 8, 3, 1]),
        (dict(bytes="64K", slots=16, history=13), [None, None, 65536, 16, 13]),
    ):  # fmt: skip
        assert a("channel", name="made", given=given) == facts
        assert b("channel", name="made", given=given) == b("channel", name="made", given={}) == facts
        for wrong in (dict(shape=[5]), dict(slots=9), dict(history=5), dict(bytes=10)):
            with pytest.raises(Refused) as caught:
                b("channel", name="made", given=wrong)
            assert caught.value.kind.rpartition("\\")[2] == "TypeMismatch"
        b("remove", name="made")


@both_ways
def test_what_one_publishes_the_other_reads(peers, channel, one, other):
    a, b = peers(one, other)
    assert b("read frame", name="c", timeout=0) is None
    assert a("fill frames", name="c", item=7) == 1
    assert b("read frame", name="c") == [1, 0, False, [7] * N] and channel.read().array.tolist() == [7] * N
    assert a("fill frames", name="c", item=8, times=5) == 5
    assert b("read frame", name="c", newer=1) == [6, 4, False, [8] * N]
    assert b("read frame", name="c", newer=6, timeout=0.02) is None


@both_ways
def test_a_reader_that_waits_is_woken_at_once(peers, channel, one, other):
    a, b = peers(one, other)
    for number in range(1, 6):
        b.send("read frame", name="c", newer=number - 1, timeout=10)
        deadline = time.monotonic() + 10
        while not channel.waiters:
            assert time.monotonic() < deadline
        start = time.monotonic()
        a("fill frames", name="c", item=number)
        assert b.receive()[3] == [number] * N and time.monotonic() - start < PROMPTLY


@both_ways
def test_values_are_the_same_on_both_sides(peers, own_segment, one, other):
    a, b = peers(one, other)
    channel = own_segment.channel("c", bytes=4096)
    for value in (None, True, 2**62, 0.5, "Grüße", b"\0\xff", [1, ["a", None]], {"x": {"y": [1.5]}}):
        channel.send(value)
        assert a("read frame", name="c")[3] == b("read frame", name="c")[3] == describe(value)
    for sender, reader in ((a, b), (b, a)):
        assert sender("send frame", name="c", value=describe(5) if sender.process.args[0] != os.sys.executable else 5) is True
        assert reader("read frame", name="c")[3] == describe(5)
    channel.send(np.arange(5))
    assert (channel.read().value == np.arange(5)).all() and a("read frame", name="c")[3] == b("read frame", name="c")[3]


@both_ways
def test_a_writer_that_is_killed_while_it_fills_leaves_the_newest(peers, channel, one, other):
    (reader,) = peers(other)
    channel.send(1)
    for round in range(2, 8):
        (victim,) = peers(one)
        victim.send("fill frames", name="c", item=99, times=2, die=True)
        assert victim.receive() == "half"
        newest = channel.newest
        assert reader("read frame", name="c") == [newest, 0, False, [99] * N]
        victim.kill()
        assert reader("read frame", name="c")[0] == newest
        assert reader("fill frames", name="c", item=round, times=8) == 8 and channel.read().array.tolist() == [round] * N
    assert channel.dropped == 0


@both_ways
def test_a_reader_that_is_killed_gives_its_frames_back(peers, channel, one, other):
    for round in range(3):
        victim, writer = peers(one, other)
        for number in range(3):
            writer("fill frames", name="c", item=10 * round + number + 1)
            victim("read frame", name="c", keep=True)
        assert writer("fill frames", name="c", item=99, times=5) == 1  # the other three are read, and this one is the newest
        assert victim("kept frames") == [[10 * round + number + 1] * N for number in range(3)]
        victim.kill()
        victim.process.wait()  # a writer does not wait for who is only dying
        assert writer("fill frames", name="c", item=98, times=8) == 8
    assert channel.read().array.tolist() == [98] * N


@both_ways
def test_a_frame_that_is_read_stays_whatever_the_other_writes(peers, channel, one, other):
    writer, reader = peers(one, other)
    writer("fill frames", name="c", item=5)
    reader("read frame", name="c", keep=True)
    assert writer("fill frames", name="c", item=6, times=100) == 100
    assert reader("kept frames") == [[5] * N] and channel.read().array[0] == 6


@both_ways
def test_a_readonly_reader_follows(peers, own_segment, channel, one, other):
    writer, reader = peers(one, other)
    reader("open", name=own_segment.name, readonly=True)
    reader.send("follow frames", name="c", until=300)
    writer("fill frames", name="c", times=301)
    last, missed = reader.receive()
    assert last >= 300 and missed < last
    assert reader("read frame", name="c", keep=True)[2] is True
    assert writer("fill frames", name="c", item=6, times=20) == 20 and len(set(reader("kept frames")[0])) == 1
    with pytest.raises(Refused) as caught:
        reader("fill frames", name="c")
    assert caught.value.kind.rpartition("\\")[2] in ("ReadOnly", "ReadOnlyError")


def test_writers_and_readers_of_both_languages_beside_each_other(peers, own_segment):
    channel = own_segment.channel("c", N, "i4", slots=12, history=2)
    everybody = peers("php", "python", "php", "python")
    for reader in everybody[:2]:
        reader.send("follow frames", name="c", until=600)
    for writer in everybody[2:]:
        writer.send("fill frames", name="c", times=400)
    assert [writer.receive() for writer in everybody[2:]] == [400, 400] and channel.newest == 800
    for reader in everybody[:2]:
        last, missed = reader.receive()
        assert 600 <= last <= 800 and missed < last


def test_who_is_killed_at_any_time_tears_nothing_and_stops_nobody(peers, own_segment):
    channel = own_segment.channel("c", N, "i4", slots=12)
    for _ in range(4):
        first, second, third, fourth = peers("php", "python", "php", "python")
        until = channel.newest + 3000
        first.send("follow frames", name="c", until=until)
        second.send("follow frames", name="c", until=until)
        third.send("fill frames", name="c", times=1000000)
        fourth.send("fill frames", name="c", times=1000000)
        time.sleep(random.uniform(0, 0.05))
        os.kill(first.pid, signal.SIGKILL)
        os.kill(third.pid, signal.SIGKILL)
        last, missed = second.receive()
        assert last >= until
        os.kill(fourth.pid, signal.SIGKILL)
        for peer in (first, third, fourth):
            peer.process.wait()
        newest = channel.newest
        assert channel.send(5) and channel.newest == newest + 1 and set(channel.read().array.tolist()) == {5}
        frame = channel.read()
        assert all(channel.send(number) for number in range(20)) and frame.array[0] == 5
