import shoal

from kinds.driver import Kind, Wait, refused_timeouts, seconds


class EventWait(Wait):
    readonly = True

    def hold(self, segment):
        segment.event("x").clear()

    def wait(self, segment, timeout=-1):
        return segment["x"].wait(seconds(timeout))

    def task(self, segment, timeout=None):
        return segment["x"].wait_async(timeout=timeout)

    def free(self, segment):
        segment.event("x").set()


class Event(Kind):
    cls, opener, listed = shoal.Event, "event", True
    impossible = [((1,), TypeError)]
    properties = ("name", "waiters")
    looks = [lambda event: event.is_set(), lambda event: event.wait(0), lambda event: event.waiters]
    changes = [lambda event: event.set(), lambda event: event.clear()]
    refused = refused_timeouts("wait")
    waits = {"event": EventWait()}

    def use(self, event):
        event.set()
        assert event.is_set() and event.wait()
        event.clear()


DRIVER = Event()
