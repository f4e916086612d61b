import shoal

from kinds.driver import Kind, Wait, refused_timeouts, seconds

CAPACITY = 4096
WIDE = b"w" * 1000


def within(timeout):
    """As put() and get() take it."""
    return dict(timeout=seconds(timeout))


class GetWait(Wait):
    undone = True

    def queue(self, segment):
        return segment.queue("x", CAPACITY, jobs=False)

    def hold(self, segment):
        queue = self.queue(segment)
        while not queue.empty():
            queue.get_nowait()

    def wait(self, segment, timeout=-1):
        try:
            return self.queue(segment).get(**within(timeout)) == "a message"
        except shoal.Empty:
            return False

    async def task(self, segment, timeout=None):
        try:
            return await self.queue(segment).get_async(timeout=timeout) == "a message"
        except shoal.Empty:
            return False

    def free(self, segment):
        self.queue(segment).put_nowait("a message")

    undo = free


class PutWait(GetWait):
    def hold(self, segment):
        queue = self.queue(segment)
        try:
            while True:
                queue.put_nowait(WIDE)
        except shoal.Full:
            pass

    def wait(self, segment, timeout=-1):
        try:
            return self.queue(segment).put(WIDE, **within(timeout)) is None
        except shoal.Full:
            return False

    async def task(self, segment, timeout=None):
        try:
            return await self.queue(segment).put_async(WIDE, timeout=timeout) is None
        except shoal.Full:
            return False

    def free(self, segment):
        assert self.queue(segment).get_nowait() == WIDE

    undo = free


class Queue(Kind):
    cls, opener = shoal.Queue, "queue"
    others = [dict(capacity=CAPACITY + 1), dict(capacity="1M", jobs=False), dict(jobs=True), dict(capacity=CAPACITY, jobs=True)]
    impossible = [
        ((0,), ValueError), ((-1,), ValueError), (("many",), ValueError), ((1.5,), TypeError), ((None,), TypeError), ((True,), TypeError),
        ((1 << 50,), ValueError), ((CAPACITY, True), TypeError), (dict(attempts=2), ValueError), (dict(lease=1), ValueError),
        (dict(jobs=True, attempts=-1), ValueError), (dict(jobs=True, lease=0), ValueError),
    ]  # fmt: skip
    kept = ("name", "capacity", "is_shutdown")
    properties = (*kept, "used", "waiters")
    looks = [
        len, lambda queue: queue.qsize(), lambda queue: queue.empty(), lambda queue: queue.full(), lambda queue: queue.used,
        lambda queue: queue.waiters, repr,
    ]  # fmt: skip
    changes = [
        lambda queue: queue.put(1), lambda queue: queue.put_nowait("x" * 9000), lambda queue: queue.put_many([1, 2]), lambda queue: queue.get(),
        lambda queue: queue.get(False), lambda queue: queue.get_many(2), lambda queue: next(queue), lambda queue: queue.loan(3),
        lambda queue: queue.shutdown(), lambda queue: queue.shutdown(True),
    ]  # fmt: skip
    refused = [
        (lambda queue: queue.put(), TypeError), (lambda queue: queue.put({1, 2}), TypeError), (lambda queue: queue.put(b"x" * 5000), ValueError),
        (lambda queue: queue.put("x" * 5000), ValueError), (lambda queue: queue.put([0.5] * 1000), ValueError), (lambda queue: queue.put("\ud800"), ValueError),
        (lambda queue: queue.put_many(5), TypeError), (lambda queue: queue.put_many([1, {2}]), TypeError), (lambda queue: queue.put_many([1, "x" * 5000]), ValueError),
        (lambda queue: queue.get_many(), TypeError), (lambda queue: queue.get_many(0), ValueError), (lambda queue: queue.get_many("2"), TypeError),
        (lambda queue: queue.loan(), TypeError), (lambda queue: queue.loan(-1), ValueError), (lambda queue: queue.loan("3"), TypeError),
        (lambda queue: queue.loan(3, "nothing"), ValueError), (lambda queue: queue.loan(1000), ValueError), (lambda queue: queue.shutdown(now=True), TypeError),
        *refused_timeouts("get", True), *refused_timeouts("put", 1, True), *refused_timeouts("put_many", [1], True),
        *refused_timeouts("get_many", 1, True),
    ]  # fmt: skip
    waits = {"queue": GetWait(), "room": PutWait()}

    def parameters(self, segment):
        return dict(capacity=CAPACITY, jobs=False)

    def use(self, queue):
        queue.put({"a": 1}, timeout=5)
        assert len(queue) == 1 and queue.get(timeout=5) == {"a": 1} and queue.empty()


DRIVER = Queue()
