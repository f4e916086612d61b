import shoal

from kinds.driver import Kind, Wait, refused_timeouts, seconds


class CounterWait(Wait):
    readonly = True

    def hold(self, segment):
        segment.counter("x").exchange(0)

    def wait(self, segment, timeout=-1):
        return segment["x"].wait(0, seconds(timeout))

    def task(self, segment, timeout=None):
        return segment["x"].wait_async(0, timeout=timeout)

    def free(self, segment):
        segment.counter("x").add()


class Counter(Kind):
    cls, opener = shoal.Counter, "counter"
    impossible = [((1.5,), TypeError), (("1",), TypeError), ((None,), TypeError), ((1, 2), TypeError), ((2**63,), OverflowError)]
    kept = ("name", "value")
    properties = (*kept, "waiters")
    looks = [lambda counter: counter.value, lambda counter: int(counter), lambda counter: counter.wait(0, 0), lambda counter: counter.waiters]
    changes = [lambda counter: counter.add(), lambda counter: counter.sub(), lambda counter: counter.exchange(0), lambda counter: counter.compare_exchange(5, 6)]
    refused = refused_timeouts("wait", 0) + [
        (lambda counter: counter.add(1, 2), TypeError), (lambda counter: counter.add(m=1), TypeError), (lambda counter: counter.add(1, n=1), TypeError),
        (lambda counter: counter.exchange(), TypeError), (lambda counter: counter.compare_exchange(1), TypeError), (lambda counter: counter.wait(), TypeError),
    ]  # fmt: skip
    waits = {"counter": CounterWait()}

    def parameters(self, segment):
        return dict(initial=5)

    def use(self, counter):
        assert counter.add() == 6 and counter.sub() == 5


DRIVER = Counter()
