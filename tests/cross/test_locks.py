"""One lock, held and abandoned by either language."""

import os
import pathlib
import time

import pytest
from conftest import Refused

import shoal

PROMPTLY = 0.3  # seconds from the kill to the next taker; the dead process's heap is small
LANGUAGES = ["php", "python"]


def until_it_sleeps(pid: int) -> None:
    """Until the kernel says that the process waits for a futex."""
    deadline = time.monotonic() + 5
    while "futex" not in pathlib.Path(f"/proc/{pid}/wchan").read_text():
        assert time.monotonic() < deadline, "it does not wait"
        os.sched_yield()


def test_one_excludes_the_other(segment, php):
    lock = segment.lock("mutual")
    php("lock", name="mutual")
    with lock:
        assert php("acquire", name="mutual", timeout=0)["acquired"] is False
        assert php("acquire", name="mutual", timeout=0.02)["acquired"] is False
    assert php("acquire", name="mutual", timeout=0)["acquired"] is True
    assert not lock.acquire(blocking=False) and lock.locked()
    assert lock.owner.pid == php.pid
    php("release", name="mutual")
    assert lock.acquire(timeout=0) and lock.recovered is False
    assert php("owner", name="mutual")["pid"] == lock.owner.pid
    lock.release()


def test_what_a_lock_guards_loses_no_update_between_the_languages(segment, php):
    array, lock = segment.array("guarded", (1,), "int64"), segment.lock("guard")
    php("lock", name="guard")
    php.send("increment under lock", name="guard", array="guarded", times=5000)
    for _ in range(5000):
        with lock:
            array[0] = array[0] + 1
    php.receive()
    assert array[0] == 10000


@pytest.mark.parametrize("taker", LANGUAGES)
@pytest.mark.parametrize("holder", LANGUAGES)
def test_next_taker_is_told_that_the_holder_died(segment, mortal, holder, taker):
    other, name = mortal(taker), f"{holder} dies, {taker} takes"
    other("lock", name=name)
    for _ in range(5):
        victim = mortal(holder)
        victim("lock", name=name)
        assert victim("acquire", name=name)["acquired"]
        victim.kill()
        taken = other("acquire", name=name, timeout=10.0)
        assert taken["acquired"] and taken["recovered"] and taken["seconds"] < PROMPTLY
        other("release", name=name)
        again = other("acquire", name=name, timeout=0)
        assert again["acquired"] and not again["recovered"]  # told only once
        other("release", name=name)
        assert segment.check() == []


@pytest.mark.parametrize("taker", LANGUAGES)
@pytest.mark.parametrize("holder", LANGUAGES)
def test_a_taker_that_waits_already_gets_the_lock_of_the_dead(segment, mortal, holder, taker):
    other, victim, name = mortal(taker), mortal(holder), f"{holder} dies, {taker} waits"
    other("lock", name=name)
    victim("lock", name=name)
    victim("acquire", name=name)
    other.send("acquire", name=name, timeout=10.0)
    until_it_sleeps(other.pid)
    start = time.monotonic()
    victim.kill()
    taken = other.receive()
    assert taken["acquired"] and taken["recovered"] and time.monotonic() - start < PROMPTLY
    other("release", name=name)
    assert segment.check() == []


@pytest.mark.parametrize("taker", LANGUAGES)
def test_a_php_request_that_ends_holding_a_lock_counts_as_dead(segment, mortal, taker):
    name = f"php ends, {taker} takes"
    other, careless = mortal(taker), mortal("php")
    careless("lock", name=name)
    careless("acquire", name=name)
    careless.send("exit")
    assert careless.process.wait(10) == 0
    other("lock", name=name)
    assert other("acquire", name=name, timeout=5.0)["recovered"]
    other("release", name=name)


@pytest.mark.parametrize("taker", LANGUAGES)
@pytest.mark.parametrize("holder", LANGUAGES)
def test_a_strict_lock_of_the_dead_wants_repair_first(segment, mortal, holder, taker):
    other, victim, name = mortal(taker), mortal(holder), f"strict: {holder} dies, {taker} takes"
    victim("lock", name=name)
    victim("acquire", name=name)
    other("lock", name=name, strict=True)
    victim.kill()
    for _ in range(2):
        with pytest.raises(Refused) as refused:
            other("acquire", name=name, timeout=10.0)
        assert refused.value.kind.rpartition("\\")[2] == "OwnerDied"
    other("repair", name=name)
    taken = other("acquire", name=name, timeout=0)
    assert taken["acquired"] and not taken["recovered"]
    other("release", name=name)


@pytest.mark.parametrize("language", LANGUAGES)
def test_releasing_what_another_holds_is_refused(segment, mortal, language):
    lock, other = segment.lock("mine"), mortal(language)
    other("lock", name="mine")
    with lock:
        with pytest.raises(Refused) as refused:
            other("release", name="mine")
        assert refused.value.kind.rpartition("\\")[2] == "LockError"
        assert lock.locked()
    with pytest.raises(shoal.LockError):
        lock.release()


def test_a_dead_process_is_no_peer_any_more(segment, mortal):
    victim = mortal("php")
    victim("store", name="by the dead", value=["i", "1"])
    victim.end()
    other = mortal("python")
    other("lock", name="after the death")
    assert segment["by the dead"] == 1 and segment.check() == []
