import shoal

from kinds.driver import Hold, HoldWait, Kind


class LockHold(Hold):
    tells = True

    def guard(self, segment):
        return segment.lock("x")


class Lock(Kind):
    cls, opener, listed = shoal.Lock, "lock", True
    others = [(True,)]
    impossible = [((False, True), TypeError)]
    kept = ("name", "strict", "reentrant")
    properties = (*kept, "recovered", "owner", "waiters")
    looks = [lambda lock: lock.locked(), lambda lock: lock.owner, lambda lock: lock.waiters]
    changes = [lambda lock: lock.acquire(), lambda lock: lock.acquire(False), lambda lock: lock.release(), lambda lock: lock.__enter__()]
    holds = {"lock": LockHold()}
    waits = {"lock": HoldWait(LockHold())}

    def use(self, lock):
        with lock:
            assert lock.locked()
        assert not lock.locked()


DRIVER = Lock()
