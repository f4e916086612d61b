import shoal

from kinds.driver import Kind, Wait, refused_timeouts, seconds

WIDE = b"w" * 900
CAPACITY = 4096


class TakeWait(Wait):
    undone = True

    def queue(self, segment):
        return segment.job_queue("x", CAPACITY)

    def hold(self, segment):
        queue = self.queue(segment)
        while not queue.empty():
            queue.take(False).done()

    def wait(self, segment, timeout=-1):
        try:
            with self.queue(segment).take(timeout=seconds(timeout)) as job:
                return job.value == "a job"
        except shoal.Empty:
            return False

    async def task(self, segment, timeout=None):
        try:
            async with self.queue(segment).take_async(timeout=timeout) as job:
                return job.value == "a job"
        except shoal.Empty:
            return False

    def free(self, segment):
        self.queue(segment).put_nowait("a job")

    undo = free


class PutJobWait(TakeWait):
    def hold(self, segment):
        queue = self.queue(segment)
        try:
            while True:
                queue.put_nowait(WIDE)
        except shoal.Full:
            pass

    def wait(self, segment, timeout=-1):
        try:
            return self.queue(segment).put(WIDE, timeout=seconds(timeout)) is None
        except shoal.Full:
            return False

    async def task(self, segment, timeout=None):
        try:
            return await self.queue(segment).put_async(WIDE, timeout=timeout) is None
        except shoal.Full:
            return False

    def free(self, segment):
        self.queue(segment).take(False).done()

    undo = free


class JoinWait(TakeWait):
    undone = False

    def hold(self, segment):
        if self.queue(segment).empty():
            self.free(segment, 1)

    def wait(self, segment, timeout=-1):
        return self.queue(segment).join(seconds(timeout))

    def task(self, segment, timeout=None):
        return self.queue(segment).join_async(timeout=timeout)

    def free(self, segment, jobs=0):
        queue = self.queue(segment)
        for _ in range(jobs):
            queue.put_nowait("a job")
        while jobs == 0 and not queue.empty():
            queue.take(False).done()

    def undo(self, segment):
        pass


class JobQueue(Kind):
    cls, opener, listed = shoal.JobQueue, "job_queue", True
    others = [dict(capacity="1M"), dict(attempts=5), dict(lease=2), (CAPACITY, 3, 0.5), (CAPACITY, 0)]
    impossible = [
        ((0,), ValueError), ((-1,), ValueError), (("many",), ValueError), ((1.5,), TypeError), ((None,), TypeError), (("1M", -1), ValueError),
        (("1M", 1000001), ValueError), (("1M", "3"), TypeError), (("1M", 3, 0), ValueError), (("1M", 3, -1), ValueError), (("1M", 3, "1"), TypeError),
        (("1M", 3, float("nan")), ValueError), (("1M", 3, None, True), TypeError),
    ]  # fmt: skip
    kept = ("name", "capacity", "attempts", "lease", "is_shutdown")
    properties = (*kept, "used", "delayed", "taken", "dead", "waiters")
    looks = [
        len, lambda queue: queue.qsize(), lambda queue: queue.empty(), lambda queue: queue.full(), lambda queue: queue.used,
        lambda queue: queue.taken, lambda queue: queue.delayed, lambda queue: queue.dead, lambda queue: queue.waiters, repr,
    ]  # fmt: skip
    changes = [
        lambda queue: queue.put(1), lambda queue: queue.put_nowait(1), lambda queue: queue.put_many([1, 2]), lambda queue: queue.take(),
        lambda queue: queue.take(False), lambda queue: queue.revive(), lambda queue: queue.drop(),
        lambda queue: queue.purge(), lambda queue: queue.shutdown(), lambda queue: queue.shutdown(True),
    ]  # fmt: skip
    refused = [
        (lambda queue: queue.put(), TypeError), (lambda queue: queue.put({1, 2}), TypeError), (lambda queue: queue.put(b"x" * 5000), ValueError),
        (lambda queue: queue.put([0.5] * 1000), ValueError), (lambda queue: queue.put(1, priority=4), ValueError), (lambda queue: queue.put(1, priority=-1), ValueError),
        (lambda queue: queue.put(1, priority="1"), TypeError), (lambda queue: queue.put(1, delay=-1), ValueError), (lambda queue: queue.put(1, delay="1"), TypeError),
        (lambda queue: queue.put(1, delay=float("nan")), ValueError), (lambda queue: queue.put_many(5), TypeError), (lambda queue: queue.revive(0), ValueError),
        (lambda queue: queue.drop("1"), TypeError), (lambda queue: queue.shutdown(now=True), TypeError),
        *refused_timeouts("take", True), *refused_timeouts("put", 1, True), *refused_timeouts("put_many", [1], True), *refused_timeouts("join"),
    ]  # fmt: skip
    waits = {"jobs": TakeWait(), "room for jobs": PutJobWait(), "join": JoinWait()}

    def parameters(self, segment):
        return dict(capacity=CAPACITY)

    def use(self, queue):
        queue.put({"a": 1}, timeout=5)
        with queue.take(timeout=5) as job:
            assert job.value == {"a": 1} and queue.taken == 1
        assert queue.join(5) and queue.dead == []


DRIVER = JobQueue()
