"""One queue of jobs, with workers of both languages."""

import random
import time

import numpy as np
import pytest
from conftest import Refused

import shoal

both_ways = pytest.mark.parametrize("one, other", [("php", "python"), ("python", "php")])


@both_ways
def test_what_one_puts_the_other_takes_and_does(peers, own_segment, one, other):
    a, b = peers(one, other)
    queue = own_segment.job_queue("x")
    assert a("jobs put", value={"id": 7}) and a("jobs put", value="urgent", priority=2)
    assert b("jobs take", timeout=0) == ["urgent", 2, 1, 2]
    b("jobs done")
    assert b("jobs take", timeout=0) == [{"id": 7}, 1, 1, 0]
    assert a("jobs sizes") == b("jobs sizes") == [0, 0, 1, 0] and not a("jobs join", timeout=0)
    b("jobs retry")
    assert a("jobs take", timeout=0) == [{"id": 7}, 1, 2, 0]
    a("jobs done")
    assert b("jobs join", timeout=0) and queue.used == 0


@both_ways
def test_the_job_of_a_killed_worker_goes_to_the_other_side_at_once(peers, own_segment, one, other):
    victim, worker = peers(one, other)
    queue = own_segment.job_queue("x")
    queue.put("work")
    assert victim("jobs take") == ["work", 1, 1, 0]
    worker.send("jobs take", timeout=20)
    while [waiter.pid for waiter in queue.waiters] != [worker.pid]:
        time.sleep(0.001)
    start = time.monotonic()
    victim.kill()
    assert worker.receive() == ["work", 1, 2, 0]
    assert time.monotonic() - start < 1
    worker("jobs done")


@both_ways
def test_the_dead_are_the_same_on_either_side(peers, own_segment, one, other):
    a, b = peers(one, other)
    victim, = peers(one)
    queue = own_segment.job_queue("x", attempts=1)
    for value in ("retried", "buried", "died"):
        queue.put(value)
    a("jobs take"), a("jobs retry")
    b("jobs take"), b("jobs bury")
    victim("jobs take"), victim.kill()
    assert b("jobs join", timeout=10)
    dead = a("jobs dead")
    assert dead == b("jobs dead")
    assert [(value, facts["number"], facts["attempts"], facts["pid"], facts["reason"]) for value, facts in dead] == [
        ("retried", 1, 1, a.pid, "retried"), ("buried", 2, 1, b.pid, "buried"), ("died", 3, 1, victim.pid, "died"),
    ]  # fmt: skip


@both_ways
def test_a_job_that_its_worker_forgets_goes_to_the_other_side(peers, own_segment, one, other):
    a, b = peers(one, other)
    own_segment.job_queue("x").put("work")
    a("jobs take")
    a("jobs forget")
    assert b("jobs take", timeout=0) == ["work", 1, 2, 0]
    b("jobs done")


def test_join_waits_for_the_workers_of_both(peers, own_segment):
    a, b = peers("php", "python")
    queue = own_segment.job_queue("x")
    queue.put_many(["one", "two"])
    a("jobs take"), b("jobs take")
    assert not queue.join(0.05)
    a("jobs done")
    assert not queue.join(0.05)
    b("jobs done")
    assert queue.join(0)


def test_no_job_is_lost_when_workers_of_both_are_killed_at_random(peers, own_segment):
    count, chance = 3000, random.Random(15)
    queue = own_segment.job_queue("x", "256K", attempts=0)
    seen = own_segment.array("seen", (1, count), "int32")
    workers = peers("php", "python", "php", "python")
    for worker in workers:
        worker.send("jobs work")
    for number in range(count):
        queue.put([0, number, "x" * (10 if number % 50 else 10000)], timeout=20)
        if number % 200 == 199:
            victim = workers.pop(0)
            victim.kill()
            workers += peers("php" if chance.random() < 0.5 else "python")
            workers[-1].send("jobs work")
    queue.shutdown()
    assert queue.join(20)
    for worker in workers:
        worker.receive()
    assert (np.asarray(seen) >= 1).all() and not queue.dead
    assert np.asarray(seen).sum() <= count + 14 + 1  # once more for each that was killed, at most


def test_both_say_what_is_wrong_in_one_word(peers, own_segment):
    a, b = peers("php", "python")
    own_segment.job_queue("x", "1K").shutdown()
    for peer in (a, b):
        with pytest.raises(Refused) as refused:
            peer("jobs put", value=1)
        assert refused.value.kind.rpartition("\\")[2] == "ShutDown"
        with pytest.raises(Refused) as refused:
            peer("jobs take", timeout=0)
        assert refused.value.kind.rpartition("\\")[2] == "ShutDown"
    assert shoal.ShutDown
