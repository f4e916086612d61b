import shoal

from kinds.driver import Kind, Wait, refused_timeouts, seconds


class BarrierWait(Wait):
    def hold(self, segment):
        barrier = segment.barrier("x", 2)
        if barrier.broken:
            barrier.reset()

    def wait(self, segment, timeout=-1):
        try:
            return segment.barrier("x", 2).wait(seconds(timeout)) in (0, 1)
        except shoal.Timeout:
            return False

    def free(self, segment):
        segment.barrier("x", 2).wait(20)


class Barrier(Kind):
    cls, opener, listed = shoal.Barrier, "barrier", True
    others = [(2,)]
    impossible = [((0,), ValueError), ((-1,), ValueError), ((4097,), ValueError), (("2",), TypeError), ((), TypeError)]
    kept = ("name", "parties")
    properties = (*kept, "n_waiting", "broken", "holders", "waiters")
    looks = [lambda barrier: barrier.parties, lambda barrier: barrier.n_waiting, lambda barrier: barrier.broken, lambda barrier: barrier.holders]
    changes = [lambda barrier: barrier.wait(0), lambda barrier: barrier.abort(), lambda barrier: barrier.reset()]
    refused = refused_timeouts("wait")
    waits = {"barrier": BarrierWait()}

    def parameters(self, segment):
        return dict(parties=1)

    def use(self, barrier):
        assert barrier.wait() == 0 and not barrier.broken


DRIVER = Barrier()
