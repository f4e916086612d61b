import time

import shoal

from kinds.driver import Kind, Wait, refused_timeouts, seconds

SHAPE = dict(shape=(2, 3), dtype="i4")


class ChannelWait(Wait):
    """For a frame that is not of zeros, which hold() publishes."""

    readonly = True

    def hold(self, segment):
        segment.channel("x", **SHAPE).send(0)

    def wait(self, segment, timeout=-1):
        channel, until, number = segment["x"], time.monotonic() + timeout, None
        while True:
            frame = channel.read(number, seconds(timeout) and max(0, until - time.monotonic()) if timeout >= 0 else None)
            if frame is None or frame.array[0, 0]:
                return frame is not None
            number = frame.number

    async def task(self, segment, timeout=None):
        channel = segment["x"]
        frame = await channel.read_async(timeout=timeout)
        return frame is not None and (bool(frame.array[0, 0]) or await channel.read_async(frame.number, timeout=timeout) is not None)

    def free(self, segment):
        segment.channel("x", **SHAPE).send(1)


def write(channel):
    with channel.write() as frame:
        frame[...] = 7


def seen(channel):
    frame = channel.read(timeout=0)
    return frame and frame.array.tolist()


class Channel(Kind):
    cls, opener = shoal.Channel, "channel"
    others = [
        dict(SHAPE, shape=(3, 2)), dict(SHAPE, dtype="f4"), dict(SHAPE, slots=9), dict(SHAPE, history=2), dict(bytes=24), dict(dtype="f4"),
    ]  # fmt: skip
    impossible = [
        (((-1,),), ValueError), (((1.5,),), TypeError), ((1, "U5"), ValueError), ((1, "f8", 17), ValueError), ((1, "f8", 2), ValueError),
        ((1, "f8", 8, 8), ValueError), ((1, "f8", 8, 0), ValueError), ((1, "f8", 8, 1, 5), TypeError), (dict(shape=1, bytes=5), TypeError),
        (dict(bytes=0), ValueError), (dict(bytes=1.5), TypeError), (dict(shape=1, capacity=5), TypeError),
    ]  # fmt: skip
    kept = ("name", "shape", "dtype", "bytes", "slots", "history")
    properties = (*kept, "newest", "missed", "dropped", "waiters")
    looks = [lambda channel: channel.newest, lambda channel: channel.dropped, seen, lambda channel: channel.waiters]
    changes = [write, lambda channel: channel.send(1)]
    refused = refused_timeouts("read", None)[:-1] + [
        (lambda channel: channel.read(-1), ValueError), (lambda channel: channel.read("1"), TypeError), (lambda channel: channel.read(None, 1, False, 1), TypeError),
        (lambda channel: channel.send(), TypeError), (lambda channel: channel.send("x"), TypeError), (lambda channel: channel.send([1, 2]), TypeError),
        (lambda channel: channel.write(5), TypeError),
    ]  # fmt: skip
    waits = {"channel": ChannelWait()}

    def parameters(self, segment):
        return SHAPE

    def use(self, channel):
        number = channel.newest
        write(channel)
        frame = channel.read(number)
        assert frame.number == channel.newest == number + 1 and frame.array.tolist() == [[7] * 3] * 2


DRIVER = Channel()
