import shoal

from kinds.driver import Hold, HoldWait, Kind, refused_timeouts


class Alone(Hold):
    tells = True

    def guard(self, segment):
        return segment.locks("x")["17"]


    def told(self, segment):
        return segment.locks("x")["17"].recovered


class Shared(Alone):
    tells = False

    def guard(self, segment):
        return segment.locks("x")["17"].read()

    def strongest(self, segment):
        return segment.locks("x")["17"]


class KeyWait(HoldWait):
    def told(self, segment):
        return segment.locks("x")["17"].recovered


class Locks(Kind):
    cls, opener, listed = shoal.Locks, "locks", True
    others = [{"reentrant": True}]
    impossible = [((False, True), TypeError)]
    kept = ("name", "reentrant", "strict")
    properties = ("name", "reentrant", "strict", "holders", "waiters")
    looks = [
        lambda locks: len(locks), lambda locks: list(locks), lambda locks: "17" in locks, lambda locks: locks.holders, lambda locks: locks.waiters,
        lambda locks: locks["17"].owner, lambda locks: locks["17"].locked(), lambda locks: locks["17"].recovered, lambda locks: locks["17"].sharing,
        lambda locks: locks["17"].waiting,
    ]  # fmt: skip
    changes = [
        lambda locks: locks["17"].acquire(), lambda locks: locks["17"].acquire(False), lambda locks: locks["17"].read().acquire(),
        lambda locks: locks["17"].__enter__(), lambda locks: locks["17"].read().__enter__(), lambda locks: locks["17"].release(),
        lambda locks: locks["17"].repair(),
    ]  # fmt: skip
    refused = [
        *[(lambda locks, given=given: locks[given], error) for given, error in [("", ValueError), (b"", ValueError), ("k" * 1025, ValueError), (17, TypeError), (None, TypeError)]],
        *[(lambda locks, call=call: call(locks["17"]), error) for call, error in refused_timeouts("read")],
    ]
    holds = {"key": Alone(), "shared_key": Shared()}
    waits = {"key": KeyWait(Alone()), "shared_key": KeyWait(Shared(), Alone()), "key_of_sharers": KeyWait(Alone(), Shared())}

    def use(self, locks):
        with locks["17"] as held:
            assert held.locked() and held.owner and "17" in locks and len(locks) == 1
        with locks["17"].read() as held, locks["18"].read():
            assert held.sharing == 1 and held.owner is None and sorted(locks) == ["17", "18"]
        assert len(locks) == 0 and list(locks) == []


DRIVER = Locks()
