import contextlib
import math

import shoal

from kinds.driver import Kind, Wait, seconds

SMALL = dict(max_bytes="1M")
held = flight = None  # of this process: who holds ends it, and keeps the map open


class MapWait(Wait):
    """Until nobody else computes the key."""

    held = True

    def hold(self, segment):
        global held, flight
        held = segment.map("x", **SMALL)
        flight = held._begin("k")
        assert isinstance(flight, bytes)

    def wait(self, segment, timeout=-1):
        return segment["x"]._wait("k", seconds(timeout))

    async def task(self, segment, timeout=None):
        from shoal import _aio

        return await _aio.wait(segment["x"], 12, b"k", timeout)

    def free(self, segment):
        segment.map("x", **SMALL)._end(flight)


def deleted(map):
    with contextlib.suppress(KeyError):
        del map["k"]


class Map(Kind):
    cls, opener = shoal.Map, "map"
    others = [(1 << 21,), dict(ttl=5), dict(evict=False), dict(small=0.5)]
    impossible = [((0,), ValueError), ((-1,), ValueError), ((1000,), ValueError), (dict(small=0), ValueError), (dict(small="x"), TypeError), ((1.5,), TypeError), (("many",), ValueError), ((1 << 50,), ValueError),
                  (dict(ttl=-1), ValueError), (dict(ttl=0), ValueError), (dict(ttl="1"), TypeError),
                  (dict(size=5), TypeError)]  # fmt: skip
    kept = ("name", "max_bytes", "default_ttl", "evict", "small", "limit")
    properties = (*kept, "waiters")
    looks = [lambda map: map.get("k"), lambda map: "k" in map, len, list, lambda map: map.stats(), lambda map: list(map.items()), lambda map: map.get_many("k"),
             lambda map: map.max_bytes, lambda map: map.waiters]  # fmt: skip
    changes = [lambda map: map.set("k", 1), lambda map: map.__setitem__("k", 1), deleted, lambda map: map.pop("k", None), lambda map: map.touch("k"),
               lambda map: map.increment("n"), lambda map: map.clear(), lambda map: map.add("k", 1), lambda map: map.get_or_set("k", int)]  # fmt: skip
    refused = [
        (lambda map: map.set("k"), TypeError), (lambda map: map.set("k", {1, 2}), TypeError), (lambda map: map.set("", 1), ValueError),
        (lambda map: map.set("k" * 1025, 1), ValueError), (lambda map: map.set(5, 1), TypeError), (lambda map: map[None], TypeError),
        (lambda map: map.set("k", b"x" * (1 << 20)), shoal.NoSpace), (lambda map: map.set("k", 1, -1), ValueError), (lambda map: map.set("k", 1, 0), ValueError),
        (lambda map: map.set("k", 1, math.nan), ValueError), (lambda map: map["no such key"], KeyError), (lambda map: map.cas("k", 1, -1), OverflowError),
        (lambda map: map.increment("k", 1.5), TypeError), (lambda map: map.get_or_set("k", 5), TypeError), (lambda map: map.get(), TypeError),
    ]  # fmt: skip
    waits = {"flight": MapWait()}

    def parameters(self, segment):
        return SMALL

    def use(self, map):
        map["used"] = {"is": "used"}
        assert map["used"] == {"is": "used"} and "used" in map
        assert map.pop("used") == {"is": "used"} and "used" not in map


DRIVER = Map()
