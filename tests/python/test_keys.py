"""Locks by key: what only keys do; what they have in common with other locks is asked by way of their driver."""

import asyncio
import pickle

import pytest
import shoal


@pytest.fixture
def locks(segment):
    return segment.locks("orders")


def test_keys_do_not_disturb_each_other_and_leave_nothing(segment, locks):
    before = segment.used
    with locks["17"], locks["18"], locks[b"\xff\x00"].read():
        assert len(locks) == 3 and set(locks) == {"17", "18", b"\xff\x00"} and "17" in locks and "19" not in locks
        assert not segment.locks("orders")["17"].acquire(blocking=False)
    assert len(locks) == 0 and list(locks) == [] and segment.used == before


def test_text_and_its_utf_8_are_the_same_key(locks):
    with locks["Grüße"]:
        assert locks["Grüße".encode()].locked() and locks["Grüße".encode()].key == "Grüße"


def test_a_key_is_released_through_another_object_of_it(locks):
    locks["17"].acquire()
    locks["17"].release()
    with pytest.raises(shoal.LockError, match='key "17" of locks "orders"'):
        locks["17"].release()


def test_a_key_is_shared_and_there_is_no_upgrade(locks):
    with locks["k"].read(), locks["k"].read() as held:
        assert held.shared and held.sharing == 1 and locks["k"].owner is None
        assert not locks["k"].acquire(blocking=False)
        with pytest.raises(shoal.LockError, match="no upgrade"):
            locks["k"].acquire(timeout=1)
    with locks["k"], pytest.raises(shoal.LockError, match="holds it alone"):
        locks["k"].read().acquire()


def test_reentrant_is_for_all_keys(segment):
    locks = segment.locks("again", reentrant=True)
    with locks["a"], locks["a"], locks["b"]:
        assert len(locks) == 2 and locks.reentrant
    with pytest.raises(shoal.TypeMismatch):
        segment.locks("again")


def test_a_strict_handle_refuses_the_key_of_a_dead_holder_until_repair(segment, die):
    locks = segment.locks("strict", strict=True)
    die(locks["k"].acquire)
    with pytest.raises(shoal.OwnerDied, match="repair"):
        locks["k"].acquire()
    locks["k"].repair()
    with locks["k"] as held:
        assert not held.recovered


def test_a_key_of_a_dead_holder_stays_until_it_was_released_once(locks, die):
    die(locks["k"].acquire)
    assert len(locks) == 1 and not locks["k"].locked()
    with locks["k"] as held:
        assert held.recovered
    assert len(locks) == 0


def test_two_tasks_take_turns_at_a_key_and_pass_each_other_at_two(locks):
    seen = []

    async def use(key, name):
        async with locks[key]:
            seen.append(name)
            await asyncio.sleep(0)
            seen.append(name)

    async def both():
        await asyncio.gather(use("a", 1), use("a", 2))

    asyncio.run(both())
    assert seen in ([1, 1, 2, 2], [2, 2, 1, 1]) and len(locks) == 0


def test_a_cancelled_task_leaves_no_claim(locks):
    async def wait_and_give_up():
        with locks["k"]:
            task = asyncio.ensure_future(locks["k"].acquire_async())
            while locks["k"].waiting == 0:
                await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            while locks["k"].waiting:  # the sleeper's thread may still be looking at it
                await asyncio.sleep(0.001)
            assert not await locks["k"].acquire_async(timeout=0.01)

    asyncio.run(wait_and_give_up())
    assert len(locks) == 0


def test_a_task_cannot_hold_a_reentrant_key(segment):
    async def take():
        await segment.locks("again", reentrant=True)["k"].acquire_async()

    with pytest.raises(shoal.LockError, match="event loop"):
        asyncio.run(take())


def test_a_key_travels(locks):
    for key in (locks["17"], locks[b"\xff"].read(timeout=2)):
        other = pickle.loads(pickle.dumps(key))
        assert (other.locks, other.key, other.shared, other.timeout) == (key.locks, key.key, key.shared, key.timeout)


def test_what_waits_for_a_key_needs_its_bytes(locks):
    from shoal._shoal import _Wait

    for wrong in ((), (1,), ("17",)):
        with pytest.raises(TypeError, match="its bytes"):
            _Wait(locks, 1, None, *wrong)
