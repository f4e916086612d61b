import shoal

from kinds.driver import Hold, HoldWait, Kind, Wait


class Permit(Hold):
    def guard(self, segment):
        return segment.semaphore("x")


class SignalWait(Wait):
    undone = True

    def signal(self, segment):
        return segment.semaphore("x", 0, bounded=False)

    def hold(self, segment):
        while self.signal(segment).acquire(False):
            pass

    def wait(self, segment, timeout=-1):
        return self.signal(segment).acquire(timeout=timeout)

    def task(self, segment, timeout=None):
        return self.signal(segment).acquire_async(timeout=timeout)

    def free(self, segment):
        self.signal(segment).release()

    undo = free


class Semaphore(Kind):
    cls, opener, listed = shoal.Semaphore, "semaphore", True
    others = [(2,), (), dict(value=3, bounded=False)]
    impossible = [
        ((0,), ValueError), ((-1,), ValueError), ((65537,), ValueError), ((1 << 40,), ValueError), ((1.5,), TypeError), (("1",), TypeError),
        ((1, True), TypeError),
    ]  # fmt: skip
    kept = ("name", "initial", "bounded")
    properties = (*kept, "value", "held", "holders", "waiters")
    looks = [lambda sem: sem.value, lambda sem: sem.held, lambda sem: sem.holders, lambda sem: sem.waiters]
    changes = [lambda sem: sem.acquire(), lambda sem: sem.acquire(False), lambda sem: sem.release(), lambda sem: sem.__enter__()]
    refused = [
        (lambda sem: sem.release(0), ValueError), (lambda sem: sem.release(-1), ValueError), (lambda sem: sem.release("1"), TypeError),
        (lambda sem: sem.release(True), TypeError), (lambda sem: sem.release(1 << 40), ValueError), (lambda sem: sem.release(m=1), TypeError),
    ]  # fmt: skip
    holds = {"semaphore": Permit()}
    waits = {"semaphore": HoldWait(Permit()), "signal": SignalWait()}

    def parameters(self, segment):
        return dict(value=3)

    def use(self, sem):
        with sem:
            assert sem.value == 2 and sem.held == 1
        assert sem.value == 3


DRIVER = Semaphore()
