import shoal

from kinds.driver import Kind, Wait, refused_timeouts, seconds


class StreamWait(Wait):
    """It waits until the newest message says "free"."""

    readonly = True

    def hold(self, segment):
        segment.stream("x").send("hold")

    def wait(self, segment, timeout=-1):
        reader, last = self._newest(segment)
        try:
            while last != "free":
                last = reader.read(seconds(timeout))
        except shoal.Timeout:
            return False
        return True

    async def task(self, segment, timeout=None):
        reader, last = self._newest(segment)
        try:
            while last != "free":
                last = await reader.read_async(timeout=timeout)
        except shoal.Timeout:
            return False
        return True

    def free(self, segment):
        segment.stream("x").send("free")

    def _newest(self, segment):
        """What was sent last, and a reader behind it."""
        reader, last = segment["x"].reader(from_start=True), None
        try:
            while True:
                last = reader.read(0)
        except shoal.Timeout:
            return reader, last


class Stream(Kind):
    cls, opener = shoal.Stream, "stream"
    others = [(8192,), {"capacity": "1M"}]
    impossible = [((0,), ValueError), ((-1,), ValueError), (("0",), ValueError), ((1.5,), TypeError), ((True,), TypeError), (("many",), ValueError),
                  ((2**30 + 1,), ValueError), ((1024, 1), TypeError)]  # fmt: skip
    kept = ("name", "capacity")
    properties = (*kept, "limit", "oldest", "newest", "missed", "number", "waiters")
    looks = [lambda stream: stream.capacity, lambda stream: stream.limit, lambda stream: stream.oldest, lambda stream: stream.newest,
             lambda stream: stream.reader(True).missed, lambda stream: stream.waiters]  # fmt: skip
    changes = [lambda stream: stream.send(1), lambda stream: stream.send("x", timeout=0)]
    refused = refused_timeouts("read") + refused_timeouts("send", 1) + [
        (lambda stream: stream.send(), TypeError), (lambda stream: stream.send({1, 2}), TypeError), (lambda stream: stream.send(b"x" * 5000), ValueError),
        (lambda stream: stream.send(["x" * 3000, "y" * 3000]), ValueError), (lambda stream: stream.reader(1, 2), TypeError),
    ]  # fmt: skip
    waits = {"stream": StreamWait()}

    def parameters(self, segment):
        return dict(capacity=4096)

    def use(self, stream):
        reader = stream.reader()
        number = stream.send({"used": True})
        assert stream.newest == number and reader.read() == {"used": True} == stream.read(0) and reader.number == number


DRIVER = Stream()
