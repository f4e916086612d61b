import shoal

from kinds.driver import Hold, HoldWait, Kind, refused_timeouts


class Writer(Hold):
    tells = True

    def guard(self, segment):
        return segment.rwlock("x").write()


class Reader(Hold):
    def guard(self, segment):
        return segment.rwlock("x").read()

    def strongest(self, segment):
        return segment.rwlock("x").write()


class RWLock(Kind):
    cls, opener, listed = shoal.RWLock, "rwlock", True
    impossible = [((1,), TypeError)]
    properties = ("name", "recovered", "owner", "readers", "waiters")
    looks = [lambda rw: rw.owner, lambda rw: rw.readers, lambda rw: rw.waiters]
    changes = [
        lambda rw: rw.read().acquire(), lambda rw: rw.write().acquire(False), lambda rw: rw.read().__enter__(), lambda rw: rw.write().__enter__(),
        lambda rw: rw.unlock(), lambda rw: rw.downgrade(),
    ]  # fmt: skip
    refused = refused_timeouts("read") + refused_timeouts("write")
    holds = {"read": Reader(), "write": Writer()}
    waits = {"read": HoldWait(Reader(), Writer()), "write": HoldWait(Writer(), Reader())}

    def use(self, rw):
        with rw.read():
            assert len(rw.readers) == 1
        with rw.write():
            assert rw.owner
        assert rw.owner is None


DRIVER = RWLock()
