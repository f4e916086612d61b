"""What test_concurrent_interpreters.py has done in other interpreters, which import it."""


def add_with(lock, counter, array, rounds):
    for _ in range(rounds):
        with lock:
            array[0] = array[0] + 1
        counter.add()
    return counter.value


def set_event(name):
    import shoal

    with shoal.open(name) as segment:
        segment.event("e").set()


def wait_in_a_loop(name):
    import asyncio

    import shoal

    async def wait():
        with shoal.open(name) as segment:
            return await segment.event("e").wait_async(timeout=20)

    assert asyncio.run(wait()) is True


def race_of(kind):
    import races

    failures, rounds = races.race(kind, 3, 0.2)
    assert failures == [] and sum(rounds) > 0, failures
