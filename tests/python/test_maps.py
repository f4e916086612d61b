"""Maps: what dict has, what a cache has, and one computation for a key."""

import asyncio
import math
import os
import random
import threading
import time
from collections.abc import MutableMapping

import hypothesis
import pytest
from hypothesis import strategies as st

import shoal


@pytest.fixture
def map(segment):
    return segment.map("m", "4M")


def test_it_is_a_mutable_mapping(map):
    assert isinstance(map, MutableMapping)
    map["a"] = {"x": [1, None, "text"]}
    map[b"\xff\x00"] = 2
    assert map["a"] == {"x": [1, None, "text"]} and map[b"\xff\x00"] == 2 and len(map) == 2
    assert set(map) == {"a", b"\xff\x00"} == set(map.keys()) and dict(map.items()) == {"a": map["a"], b"\xff\x00": 2}
    assert 2 in map.values() and 3 not in map.values() and ("a", 1) not in map.items()
    assert map.keys() & {"a", "b"} == {"a"} and map.get("b") is None and map.get("b", 5) == 5 and 5 not in map
    del map["a"]
    with pytest.raises(KeyError, match="a"):
        del map["a"]
    with pytest.raises(KeyError):
        map["a"]
    assert map.popitem() == (b"\xff\x00", 2)
    with pytest.raises(KeyError):
        map.popitem()
    map.update({"b": 1}, c=2)
    map.update([("d", 3)])
    assert map.setdefault("b", 9) == 1 and map.setdefault("e", 9) == 9 == map["e"]
    assert map.pop("e") == 9 and map.pop("e", None) is None
    map.clear()
    assert len(map) == 0 and list(map) == [] and not map.keys()


def test_text_and_its_bytes_are_one_key(map):
    map["Grüße"] = 1
    assert map["Grüße".encode()] == 1 and list(map) == ["Grüße"]


def test_none_is_a_value_and_not_a_miss(map):
    map["k"] = None
    assert "k" in map and map["k"] is None and map.get("k", 5) is None


def test_add_replace_cas_and_delete_by_token(map):
    assert not map.replace("k", 1) and map.add("k", 1) and not map.add("k", 2) and map.replace("k", 2)
    value, token = map.gets("k")
    assert value == 2 and map.cas("k", 3, token) and not map.cas("k", 4, token) and not map.delete("k", token)
    value, token = map.gets("k")
    assert map.delete("k", token) and not map.delete("k") and not map.cas("k", 5, token)
    with pytest.raises(KeyError):
        map.gets("k")


def test_many_at_once(map):
    map.set_many({"a": 1, "b": [2]}, ttl=50)
    assert map.get_many(["a", "b", "c"]) == {"a": 1, "b": [2]} and 0 < map.ttl("a") <= 50.1
    assert map.delete_many(["a", "c"]) == 1 and list(map) == ["b"]
    map.set_many({f"user:{i}": i for i in range(50)})
    map.clear("user:")
    assert list(map) == ["b"]
    map.clear(prefix=b"b")
    assert len(map) == 0


def test_a_tag_takes_all_with_it(map):
    map.set("a", 1, tags=["news", b"\xff"])
    map.add("b", 2, tags=("news",))
    map.set("c", 3)
    map.invalidate("news")
    assert dict(map.items()) == {"c": 3} and "a" not in map and map.add("a", 5, tags=["news"]) and map["a"] == 5
    for tags, error in (("news", TypeError), ([5], TypeError), (["t"] * 17, ValueError)):
        with pytest.raises(error):
            map.set("c", 4, tags=tags)
    assert map["c"] == 3


def test_integers(map):
    assert map.increment("n") == 1 and map.increment("n", 5) == 6 and map.decrement("n", 10) == -4 and map["n"] == -4
    assert map.increment("m", 2, initial=10, ttl=50) == 12 and 49 < map.ttl("m") <= 50.1
    assert map.increment("m", ttl=500) == 13 and map.ttl("m") <= 50.1
    map["big"] = 2**63 - 1
    with pytest.raises(OverflowError):
        map.increment("big")
    assert map["big"] == 2**63 - 1
    map["text"] = "7"
    with pytest.raises(TypeError):
        map.increment("text")


def test_time_to_live(segment):
    map = segment.map("m", "1M", ttl=0.2)
    map["a"] = 1
    map.set("b", 1, ttl=math.inf)
    map.set("c", 1, ttl=100)
    assert map.default_ttl == 0.2 and 0 < map.ttl("a") <= 0.3 and map.ttl("b") is None and 99 < map.ttl("c") <= 100.1
    until = time.monotonic() + 5
    while "a" in map and time.monotonic() < until:
        time.sleep(0.01)
    assert "a" not in map and map.get("a") is None and not map.touch("a") and "b" in map
    with pytest.raises(KeyError):
        map.ttl("a")
    assert map.touch("c", math.inf) and map.ttl("c") is None and map.touch("c", 7) and map.ttl("c") <= 7.1


def test_a_full_map_evicts_or_says_so(segment):
    evicts, keeps = segment.map("evicts", "512K"), segment.map("keeps", "512K", evict=False)
    for i in range(20000):
        evicts[f"key {i}"] = "x" * 50
        assert evicts[f"key {i}"] == "x" * 50
    stats = evicts.stats()
    assert stats.items == len(evicts) == len(list(evicts)) and stats.evicted == 20000 - stats.items and stats.live > 0.6 * 2**19
    stored = 0
    with pytest.raises(shoal.NoSpace, match="at most 524288"):
        for i in range(20000):
            keeps[f"key {i}"] = "x" * 50
            stored += 1
    assert len(keeps) == stored and all(keeps[f"key {i}"] == "x" * 50 for i in range(stored))
    with pytest.raises(shoal.NoSpace, match="never fits"):
        keeps["large"] = b"x" * 2**19


def test_large_values_come_back(map):
    for size in (5000, 100_000, 250_000):
        map["large"] = value = random.Random(size).randbytes(size)
        assert map["large"] == value and dict(map.items()) == {"large": value}
        assert map.gets("large")[0] == value
    assert map.pop("large") == value


def test_another_attach_and_a_forked_child_see_the_same(segment, in_child):
    map = segment.map("m", "1M")
    map["a"] = 1

    def change():
        map["a"] += 1
        map["b"] = os.getpid()
        return map["a"]

    assert in_child(change) == 2 and map["a"] == 2 and map["b"] != os.getpid()


def test_readonly_looks_and_changes_nothing(segment):
    segment.map("m", "1M")["a"] = [1]
    with shoal.open(segment.name, readonly=True) as other:
        map = other["m"]
        assert map["a"] == [1] and dict(map.items()) == {"a": [1]} and map.stats().items == 1
        with pytest.raises(shoal.ReadOnly):
            map["a"] = 2


# ---- One computation for a key -------------------------------------------------------------------


def test_what_is_there_is_not_computed(map):
    map["k"] = 1
    assert map.get_or_set("k", lambda: 1 / 0) == 1 and map.get_or_set("other", lambda: 5, ttl=9) == 5 == map["other"] and map.ttl("other") <= 9.1


def test_a_factory_that_raises_lets_another_compute(map):
    with pytest.raises(ZeroDivisionError):
        map.get_or_set("k", lambda: 1 / 0)
    assert "k" not in map and map.get_or_set("k", lambda: 2) == 2


def test_a_factory_may_ask_for_its_own_key_and_others(map):
    assert map.get_or_set("a", lambda: map.get_or_set("b", lambda: 3) + map.get_or_set("a", lambda: 4)) == 7


def test_threads_compute_once(map):
    computed, results = [], []

    def factory():
        computed.append(1)
        time.sleep(0.1)  # the others come meanwhile
        return 7

    threads = [threading.Thread(target=lambda: results.append(map.get_or_set("k", factory))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [7] * 8 and len(computed) == 1


def test_processes_compute_once_and_when_one_dies_another(segment, started):
    map, computed = segment.map("m", "1M"), segment.counter("computed")

    def die():
        computed.add()
        segment.event("computing").set()
        time.sleep(60)

    victim = started(lambda: map.get_or_set("k", die))
    assert segment.event("computing").wait(10)

    def factory():
        computed.add()
        return os.getpid()

    others = [started(lambda: map.get_or_set("k", factory)) for _ in range(4)]
    until = time.monotonic() + 10
    while len(map.waiters) < 4 and time.monotonic() < until:
        time.sleep(0.01)
    assert len(map.waiters) == 4 and computed.value == 1
    begin = time.monotonic()
    victim.kill()
    assert map.get_or_set("k", factory) in [other.pid for other in others] + [os.getpid()]
    assert time.monotonic() - begin < 2 and computed.value == 2


def test_stale_is_returned_while_another_computes(segment):
    map = segment.map("m", "1M")
    map.set("k", "old", ttl=0.1)
    until = time.monotonic() + 5
    while "k" in map and time.monotonic() < until:
        time.sleep(0.01)
    asked, go = threading.Event(), threading.Event()

    def factory():
        asked.set()
        go.wait(10)
        return "new"

    thread = threading.Thread(target=lambda: map.get_or_set("k", factory, stale=60))
    thread.start()
    assert asked.wait(10) and map.get_or_set("k", lambda: 1 / 0, stale=60) == "old" and "k" not in map
    go.set()
    thread.join()
    assert map["k"] == "new"


def test_tasks_compute_once(map):
    computed = []

    async def factory():
        computed.append(1)
        await asyncio.sleep(0.05)
        return 7

    async def all_of_them():
        return await asyncio.gather(*(map.get_or_set_async("k", factory) for _ in range(10)), map.get_or_set_async("plain", lambda: 8))

    assert asyncio.run(all_of_them()) == [7] * 10 + [8] and len(computed) == 1


def test_a_task_waits_for_another_process(segment, started):
    map = segment.map("m", "1M")

    def slowly():
        segment.event("computing").set()
        segment.event("go").wait(10)
        return "theirs"

    started(lambda: map.get_or_set("k", slowly))
    assert segment.event("computing").wait(10)

    async def ask():
        task = asyncio.ensure_future(map.get_or_set_async("k", lambda: "ours"))
        await asyncio.sleep(0.05)
        assert not task.done()
        segment.event("go").set()
        return await task

    assert asyncio.run(ask()) == "theirs"


# ---- Beside a dict -------------------------------------------------------------------------------

KEYS = st.sampled_from(["a", "b", "Grüße", b"\xff", "k" * 1024])
STEPS = st.lists(st.tuples(st.sampled_from(["set", "add", "replace", "delete", "pop", "increment", "get"]), KEYS, st.integers(-5, 5) | st.text() | st.none()))


@hypothesis.given(steps=STEPS)
@hypothesis.settings(deadline=None, suppress_health_check=list(hypothesis.HealthCheck))
def test_it_does_what_a_dict_does(steps):
    with shoal.create(None, "4M") as segment:
        map, plain = segment.map("m", "512K", evict=False), {}
        for what, key, value in steps:
            if what == "set" or (what == "add" and key not in plain) or (what == "replace" and key in plain):
                plain[key] = value
            if what in ("set", "add", "replace"):
                getattr(map, what)(key, value)
            elif what in ("delete", "pop"):
                assert (map.pop(key, "none") if what == "pop" else map.delete(key)) == (plain.pop(key, "none") if what == "pop" else key in plain)
                plain.pop(key, None)
            elif what == "increment" and isinstance(plain.get(key, 0), int):
                plain[key] = plain.get(key, 0) + 3
                assert map.increment(key, 3) == plain[key]
            assert map.get(key, "none") == plain.get(key, "none") and len(map) == len(plain)
        assert dict(map.items()) == plain and segment.check() == []
