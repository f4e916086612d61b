import shoal

from kinds.driver import Kind, Wait, refused_timeouts, seconds


class ConditionWait(Wait):
    def condition(self, segment):
        return segment.condition("x", segment.lock("the lock"))

    def hold(self, segment):
        self.condition(segment)

    def wait(self, segment, timeout=-1):
        with self.condition(segment) as condition:
            return condition.wait(seconds(timeout))

    async def task(self, segment, timeout=None):
        async with self.condition(segment) as condition:
            return await condition.wait_async(timeout=timeout)

    def free(self, segment):
        with self.condition(segment) as condition:
            condition.notify()


def with_its_lock(call):
    def locked(condition):
        with condition:
            call(condition)

    return locked


class Condition(Kind):
    cls, opener, listed = shoal.Condition, "condition", True
    impossible = [((None,), TypeError), (("l",), TypeError), ((), TypeError)]
    kept = ("name", "lock")
    properties = (*kept, "recovered", "waiters")
    looks = [lambda condition: condition.recovered, lambda condition: condition.waiters]
    changes = [lambda condition: condition.acquire(False), lambda condition: condition.notify(), lambda condition: condition.wait(0)]
    refused = [(with_its_lock(call), error) for call, error in [
        (lambda condition: condition.notify(-1), ValueError), (lambda condition: condition.notify("1"), TypeError),
        (lambda condition: condition.wait_for(), TypeError), (lambda condition: condition.wait_for(5), TypeError),
        (lambda condition: condition.acquire(timeout=-2), ValueError), *refused_timeouts("wait"),
    ]]  # fmt: skip
    waits = {"condition": ConditionWait()}

    def parameters(self, segment):
        return dict(lock=segment.lock("the lock"))

    def use(self, condition):
        with condition:
            assert condition.notify() == 0 and condition.wait(0) is False


DRIVER = Condition()
