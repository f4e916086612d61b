"""One queue, filled and emptied from both sides."""

import time

import numpy as np
import pytest
from conftest import Refused
from hypothesis import given
from values import as_php_array, describe, describe_for_php, text_where_it_can_be, values

both_ways = pytest.mark.parametrize("one, other", [("php", "python"), ("python", "php")])
COUNT = 2000
MANY = 200_000  # more than anybody puts before it is killed


@given(value=values)
def test_php_gets_what_python_put(segment, php, value):
    segment.queue("python to php").put(value)
    assert php("queue get", name="python to php", timeout=0) == describe(as_php_array(value))


@given(value=values)
def test_python_gets_what_php_put(segment, php, value):
    assert php("queue put", name="php to python", value=describe_for_php(value), timeout=0)
    assert describe(segment.queue("php to python").get_nowait()) == describe(text_where_it_can_be(as_php_array(value)))


def test_many_come_as_they_were_put(segment, php):
    queue, numbers = segment.queue("many"), list(range(300))
    assert php("queue put many", name="many", value=describe(numbers)) == 300
    assert queue.get_many(1000) == numbers
    assert queue.put_many(numbers) == 300 and php("queue size", name="many") == 300
    assert php("queue get many", name="many", max=1000) == describe(numbers)


@pytest.mark.parametrize("size", [10, 100_000])
def test_arrays_come_whole_from_either_side(segment, php, size):
    queue, array = segment.queue("arrays", "4M"), np.arange(size, dtype="int32").reshape(2, -1)
    queue.put(array)
    assert php("queue get", name="arrays") == describe(array)
    assert php("queue loan", name="arrays", shape=[2, size], dtype="float64", fill=1.5)
    got = np.asarray(queue.get())
    assert got.shape == (2, size) and got.dtype == "float64" and (got == 1.5).all()
    loan = queue.loan((size, 2), "uint16")
    np.asarray(loan)[:] = 7
    queue.put(loan)
    assert php("queue get", name="arrays") == describe(np.full((size, 2), 7, "uint16"))


@both_ways
def test_shutting_it_ends_the_waits_of_the_other_side(peers, own_segment, one, other):
    a, b = peers(one, other)
    queue = own_segment.queue("x")
    own_segment.array("seen", (1, 1), "int32")
    b.send("queue consume")
    while [waiter.pid for waiter in queue.waiters] != [b.pid]:
        time.sleep(0.001)
    a("queue shut")
    assert b.receive() == 0 and queue.is_shutdown
    for peer in (a, b):
        with pytest.raises(Refused) as refused:
            peer("queue produce", who=0, count=1)
        assert refused.value.kind.rpartition("\\")[2] == "ShutDown"


@both_ways
def test_all_that_both_put_is_got_once_and_in_order(peers, own_segment, one, other):
    own_segment.queue("x", "64K")
    seen = own_segment.array("seen", (2, COUNT), "int32")
    producers, consumers = peers(one, other), peers(other, one)
    for who, peer in enumerate(producers):
        peer.send("queue produce", who=who, count=COUNT)
    for peer in consumers:
        peer.send("queue consume")
    assert [peer.receive() for peer in producers] == [COUNT, COUNT]
    own_segment["x"].shutdown()
    assert sum(peer.receive() for peer in consumers) == 2 * COUNT
    assert (np.asarray(seen) == 1).all()


@both_ways
def test_when_a_producer_is_killed_the_others_go_on(peers, own_segment, one, other):
    own_segment.queue("x", "64K")
    seen = own_segment.array("seen", (2, MANY), "int32")
    victim, producer = peers(one, other)
    consumers = peers(one, other)
    victim.send("queue produce", who=0, count=MANY)
    producer.send("queue produce", who=1, count=COUNT)
    for peer in consumers:
        peer.send("queue consume")
    while not np.asarray(seen)[0, 500]:
        time.sleep(0.001)
    victim.kill()
    assert producer.receive() == COUNT
    own_segment["x"].shutdown()
    got = sum(peer.receive() for peer in consumers)
    came = np.asarray(seen)
    assert (came[1, :COUNT] == 1).all() and got == came.sum() and (np.diff(came[0]) <= 0).all()  # of the dead the first ones, none left out


@both_ways
def test_when_a_consumer_is_killed_the_others_go_on_and_at_most_one_is_lost(peers, own_segment, one, other):
    own_segment.queue("x", "64K")
    seen = own_segment.array("seen", (2, COUNT), "int32")
    producers = peers(one, other)
    victim, consumer = peers(one, other)
    for who, peer in enumerate(producers):
        peer.send("queue produce", who=who, count=COUNT)
    victim.send("queue consume")
    while np.asarray(seen).sum() < 100:
        time.sleep(0.001)
    victim.kill()
    consumer.send("queue consume")
    assert [peer.receive() for peer in producers] == [COUNT, COUNT]
    own_segment["x"].shutdown()
    consumer.receive()
    came = np.asarray(seen)
    assert came.max() == 1 and 2 * COUNT - 1 <= came.sum()
