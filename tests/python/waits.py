"""Everything that can be waited for, in the same words: what the tests of all waits have in common."""

import shoal


def seconds(timeout):
    return None if timeout < 0 else timeout


class Wait:
    """hold() makes wait() block in other processes and threads, free() ends that; wait() says whether it got it."""

    readonly = False  # a readonly attach may wait too
    held = False  # hold() is ended by the death of its process

    def hold(self, segment):
        raise NotImplementedError

    def wait(self, segment, timeout=-1):
        raise NotImplementedError

    def free(self, segment):
        raise NotImplementedError

    def undo(self, segment):
        """Give back what wait() took."""

    def target(self, segment):
        """The object whose waiters they are."""
        return segment["x"]


class LockWait(Wait):
    held = True

    def hold(self, segment):
        segment.lock("x").acquire()

    def wait(self, segment, timeout=-1):
        return segment.lock("x").acquire(timeout=timeout)

    def free(self, segment):
        segment.lock("x").release()

    undo = free


class ReadWait(Wait):
    held = True

    def hold(self, segment):
        segment.rwlock("x").write().acquire()

    def wait(self, segment, timeout=-1):
        return segment.rwlock("x").read().acquire(timeout=timeout)

    def free(self, segment):
        segment.rwlock("x").write().release()

    def undo(self, segment):
        segment.rwlock("x").read().release()


class WriteWait(Wait):
    held = True

    def hold(self, segment):
        segment.rwlock("x").read().acquire()

    def wait(self, segment, timeout=-1):
        return segment.rwlock("x").write().acquire(timeout=timeout)

    def free(self, segment):
        segment.rwlock("x").read().release()

    def undo(self, segment):
        segment.rwlock("x").write().release()


class SemaphoreWait(Wait):
    held = True

    def hold(self, segment):
        segment.semaphore("x").acquire()

    def wait(self, segment, timeout=-1):
        return segment.semaphore("x").acquire(timeout=timeout)

    def free(self, segment):
        segment.semaphore("x").release()

    undo = free


class SignalWait(Wait):
    def hold(self, segment):
        segment.semaphore("x", 0, bounded=False)

    def wait(self, segment, timeout=-1):
        return segment.semaphore("x", 0, bounded=False).acquire(timeout=timeout)

    def free(self, segment):
        segment.semaphore("x", 0, bounded=False).release()


class EventWait(Wait):
    readonly = True

    def hold(self, segment):
        segment.event("x").clear()

    def wait(self, segment, timeout=-1):
        return segment["x"].wait(seconds(timeout))

    def free(self, segment):
        segment.event("x").set()


class CounterWait(Wait):
    readonly = True

    def hold(self, segment):
        segment.counter("x").exchange(0)

    def wait(self, segment, timeout=-1):
        return segment["x"].wait(0, seconds(timeout))

    def free(self, segment):
        segment.counter("x").add()


class ConditionWait(Wait):
    def condition(self, segment):
        return segment.condition("x", segment.lock("the lock"))

    def hold(self, segment):
        self.condition(segment)

    def wait(self, segment, timeout=-1):
        with self.condition(segment) as condition:
            return condition.wait(seconds(timeout))

    def free(self, segment):
        with self.condition(segment) as condition:
            condition.notify()


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


WAITS = {
    "lock": LockWait(), "read": ReadWait(), "write": WriteWait(), "semaphore": SemaphoreWait(), "signal": SignalWait(),
    "event": EventWait(), "counter": CounterWait(), "condition": ConditionWait(), "barrier": BarrierWait(),
}  # fmt: skip
