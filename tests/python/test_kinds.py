"""What all kinds of objects have in common, and all ways to hold one; test_waits.py has the waits. tests/kinds/<kind>.py answers for each."""

import copy
import inspect
import os
import pickle
import sys
import time
import weakref

import numpy as np
import pytest
from kinds import HOLDS, KINDS, LIVE

import shoal


@pytest.fixture(params=LIVE)
def kind(request):
    return LIVE[request.param]


@pytest.fixture
def handle(kind, segment):
    return kind.make(segment)


def kept(kind, handle):
    return [getattr(handle, name) for name in kind.kept]


def test_it_is_found_by_its_name(kind, handle, segment):
    named = getattr(segment, kind.opener)(name="x", **kind.parameters(segment))
    for found in (segment["x"], segment.get("x"), segment.get(name="x"), kind.make(segment), named):
        assert type(found) is kind.cls and kept(kind, found) == kept(kind, handle) and found.name == "x"
        kind.use(found)


@pytest.mark.parametrize("other", KINDS)
@pytest.mark.parametrize("there", KINDS)
def test_another_kind_of_that_name_is_a_type_mismatch(segment, there, other):
    handle = KINDS[there].make(segment)
    if other != there:
        with pytest.raises(shoal.TypeMismatch) as caught:
            KINDS[other].make(segment)
        assert isinstance(caught.value, TypeError)
    KINDS[there].use(handle)


def test_other_parameters_are_a_type_mismatch(kind, handle, segment):
    for parameters in kind.others:
        with pytest.raises(shoal.TypeMismatch):
            kind.open(segment, "x", parameters)
    assert kept(kind, kind.make(segment)) == kept(kind, handle) and kept(kind, segment["x"]) == kept(kind, handle)


def test_with_impossible_parameters_none_is_made(kind, segment):
    for parameters, error in kind.impossible:
        with pytest.raises(error):
            kind.open(segment, "new", parameters)
    with pytest.raises(TypeError):
        getattr(segment, kind.opener)()
    with pytest.raises(TypeError):
        getattr(segment, kind.opener)(nme="new")
    assert "new" not in segment


def test_impossible_arguments_are_refused(kind, handle):
    for number, (call, error) in enumerate(kind.refused):
        with pytest.raises(error):
            pytest.fail(f"call {number} was let through: {call(handle)}")
    kind.use(handle)


def test_handles_are_made_by_segments_only(kind):
    for make in (kind.cls, lambda: object.__new__(kind.cls), lambda: type("Sub", (kind.cls,), {})):
        with pytest.raises(TypeError):
            make()


def test_weak_references_work(kind, segment):
    handle = kind.make(segment)
    reference = weakref.ref(handle)
    assert reference() is handle
    del handle
    assert reference() is None


def test_properties_are_readonly(kind, handle):
    for name in kind.properties:
        before = getattr(handle, name)
        with pytest.raises((AttributeError, TypeError)):
            setattr(handle, name, before)
    found = {name for name, value in vars(kind.cls).items() if inspect.isdatadescriptor(value) and not name.startswith("_")}
    assert set(kind.properties) == found or (kind.cls is shoal.NdArray and set(kind.properties) <= found)


def test_its_representation_names_it(kind, handle):
    assert kind.cls.__name__ in repr(handle) and "'x'" in repr(handle)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_handles_pickle_under_every_protocol(kind, handle, protocol):
    again = pickle.loads(pickle.dumps(handle, protocol))
    assert type(again) is kind.cls and kept(kind, again) == kept(kind, handle)
    kind.use(again)


def test_a_handle_that_is_copied_is_one_of_the_same_object(kind, handle):
    for again in (copy.copy(handle), copy.deepcopy(handle)):
        assert (type(again) is kind.cls and again.name == "x" and again == handle) is kind.alike


def test_a_handle_outlives_close_and_removal(kind, handle, segment):
    del segment["x"]
    kind.use(handle)
    assert kept(kind, kind.make(segment)) == kept(kind, handle)  # another one
    segment.close()
    kind.use(handle)


def test_a_handle_pickles_after_its_segment_was_closed(kind):
    with shoal.create(size="1M") as segment:
        handle = kind.make(segment)
    kind.use(pickle.loads(pickle.dumps(handle)))


def test_handles_of_one_object_are_equal_and_hash_alike(kind, handle, segment, name):
    if not kind.alike:
        with pytest.raises(TypeError):
            hash(handle)
        return
    again, readonly, pickled = segment["x"], shoal.open(name, readonly=True)["x"], pickle.loads(pickle.dumps(handle))
    for other in (again, readonly, pickled):
        assert handle == other and other == handle and not handle != other and hash(handle) == hash(other)
    assert {handle: 1, again: 2, readonly: 3} == {pickled: 3} and again in [handle] and len({handle, again, readonly, pickled}) == 1


def test_others_are_not_equal(kind, handle, segment):
    if not kind.alike:
        return
    old, other = hash(handle), shoal.create(size="4M")
    assert handle != kind.make(other) and handle != 5 and handle != None and handle != "x" and handle != segment.array("a", 1)[0:0].shape  # noqa: E711
    with pytest.raises(TypeError):
        handle < handle  # noqa: B015
    del segment["x"]
    made_anew = kind.make(segment)
    assert handle != made_anew and {handle, made_anew} == {made_anew, handle} and hash(handle) == old


def test_a_readonly_attach_looks_and_changes_nothing(kind, handle, segment, name):
    before = kept(kind, handle)
    with shoal.open(name, readonly=True) as reader:
        seen = reader["x"]
        assert type(seen) is kind.cls and kept(kind, seen) == before
        for look in kind.looks:
            assert np.array_equal(look(seen), look(handle))
        for number, change in enumerate(kind.changes):
            with pytest.raises(shoal.ReadOnly) as caught:
                pytest.fail(f"change {number} was let through: {change(seen)}")
            assert isinstance(caught.value, TypeError)
        with pytest.raises(shoal.ReadOnly):
            kind.make(reader, "new")
        assert kept(kind, kind.make(reader)) == before
    assert "new" not in segment and kept(kind, handle) == before
    kind.use(handle)


@pytest.mark.parametrize("there", KINDS)
def test_of_a_closed_segment_none_is_opened(segment, there):
    KINDS[there].make(segment)
    segment.close()
    for use in (lambda: KINDS[there].make(segment), lambda: segment["x"]):
        with pytest.raises(shoal.Closed):
            use()


@pytest.mark.parametrize("bad, error", [
    ("", ValueError), ("x" * 256, ValueError), ("ü" * 128, ValueError), ("a\0b", ValueError), ("\udc80", ValueError),
    (1, TypeError), (None, TypeError), (b"k", TypeError), (1.5, TypeError), (("k",), TypeError),
])  # fmt: skip
@pytest.mark.parametrize("asked", KINDS)
def test_impossible_names_make_none(segment, asked, bad, error):
    with pytest.raises(error):
        KINDS[asked].make(segment, bad)
    assert segment.keys() == (["the lock"] if asked == "condition" else [])


def test_info_counts_it_and_lists_locks(segment):
    for name, kind in KINDS.items():
        kind.make(segment, name)
    info, kinds = segment.info(), {name: kind.cls.__name__ if kind.cls else "Value" for name, kind in KINDS.items()}
    assert info.kinds == {**dict.fromkeys(kinds.values(), 1), "Lock": 2}
    assert {(lock.name, lock.kind) for lock in info.locks if lock.name != "the lock"} == {(name, kinds[name]) for name in KINDS if KINDS[name].listed}
    assert all(lock.holders == [] == lock.waiters and lock.owner is None for lock in info.locks)


def test_a_handle_is_no_value_and_its_name_is_advised(kind, handle, segment):
    if not kind.alike:
        return  # it is stored as a copy
    for value in (handle, [handle]):
        with pytest.raises(TypeError, match=f"{kind.cls.__name__} cannot be stored: store value.name"):
            segment["v"] = value
    assert "v" not in segment


# ---- Holding it --------------------------------------------------------------------------------------


@pytest.fixture(params=HOLDS)
def hold(request):
    return HOLDS[request.param]


@pytest.fixture
def guard(hold, segment):
    return hold.guard(segment)


def refused(guard):
    with pytest.raises(shoal.LockError) as caught:
        guard.release()
    return isinstance(caught.value, RuntimeError)


def test_with_gives_what_was_entered(hold, guard, segment, in_child):
    for _ in range(3):
        with guard as held:
            assert held is guard and in_child(hold.alone, segment) is False
        assert in_child(hold.alone, segment) is True
        assert guard.acquire() is True and guard.release() is None


def test_the_block_ends_with_its_own_exception(hold, guard, segment):
    with pytest.raises(ZeroDivisionError):
        with guard:
            1 / 0
    assert hold.alone(segment)


def test_an_exception_of_the_block_is_not_hidden_by_one_of_the_release(hold, guard, segment, monkeypatch):
    unraisable = []
    monkeypatch.setattr(sys, "unraisablehook", unraisable.append)
    with pytest.raises(ZeroDivisionError):
        with guard:
            guard.release()
            1 / 0
    assert [report.exc_type for report in unraisable] == [shoal.LockError]
    with pytest.raises(shoal.LockError):
        with guard:
            guard.release()
    assert hold.alone(segment)


def test_giving_back_what_is_not_held_is_refused(guard, holding):
    assert refused(guard)
    guard.acquire()
    guard.release()
    assert refused(guard)
    holding(guard.acquire)
    assert refused(guard)  # the other's


def test_others_are_kept_out_and_may_take_it_then(hold, guard, segment, in_child, thread):
    with guard:
        other = hold.strongest(segment)
        for arguments in (dict(blocking=False), dict(block=False), dict(timeout=0), dict(timeout=0.05)):
            start = time.monotonic()
            assert in_child(lambda: other.acquire(**arguments)) is False
            assert thread(lambda: (other.acquire(**arguments),)) == (False,)
            assert arguments.get("timeout", 0) * 2 <= time.monotonic() - start
    assert in_child(hold.alone, segment) is True


def test_what_one_thread_holds_another_may_give_back(hold, guard, segment, thread):
    guard.acquire()
    assert not thread(lambda: hold.alone(segment) or "kept out") is True
    thread(lambda: guard.release() or True)
    assert hold.alone(segment)


def test_a_forked_child_holds_nothing(hold, guard, segment, in_child):
    with guard:
        assert in_child(refused, guard) is True
        assert in_child(lambda: getattr(segment["x"], "recovered", False)) is False
        assert in_child(hold.alone, segment) is False
    assert in_child(hold.alone, segment) is True


def test_a_child_that_ends_without_release_gives_it_up(hold, guard, segment, in_child):
    in_child(guard.acquire)
    with hold.strongest(segment):
        assert hold.told(segment) is hold.tells


def test_next_taker_is_told_that_the_holder_died(hold, guard, segment, die):
    die(guard.acquire)
    other = hold.strongest(segment)
    for told in (hold.tells, False):  # only once
        assert other.acquire(timeout=1.0) is True and hold.told(segment) is told
        other.release()
    die(guard.acquire)
    for told in (hold.tells, False):
        with other as held:
            assert getattr(held, "recovered", False) is told


@pytest.mark.parametrize("arguments, error", [
    (dict(timeout=-2), ValueError), (dict(timeout=-0.5), ValueError), (dict(blocking=False, timeout=1), ValueError),
    (dict(blocking=False, timeout=0), ValueError), (dict(timeout=float("nan")), ValueError),
    (dict(timeout="1"), TypeError), (dict(blocking=True, block=True), TypeError), (dict(wait=True), TypeError),
])  # fmt: skip
def test_impossible_arguments_are_refused_as_by_threading(hold, guard, segment, arguments, error):
    with pytest.raises(error):
        guard.acquire(**arguments)
    assert hold.alone(segment)


def test_possible_arguments_are_taken_as_by_threading(guard):
    for arguments in ((), (True,), (True, -1), (False,), (1, 5), (False, -1)):
        assert guard.acquire(*arguments) is True
        guard.release()
    for arguments in (dict(timeout=None), dict(block=True, timeout=1e300), dict(timeout=float("inf")), dict(timeout=0)):
        assert guard.acquire(**arguments) is True
        guard.release()


def test_what_is_held_is_not_removed(hold, guard, segment):
    with guard:
        with pytest.raises(shoal.LockError, match=f"pid {os.getpid()}"):
            del segment["x"]
        assert "x" in segment
    del segment["x"]
    with hold.guard(segment), guard:  # another of that name; who has the old one open goes on with it
        assert not getattr(guard, "recovered", False)


def test_what_the_dead_held_is_removed(hold, guard, segment, die):
    die(guard.acquire)
    del segment["x"]
    assert len(segment) == 0
    with guard:
        assert getattr(guard, "recovered", False) is hold.tells


def test_a_hold_outlives_close_and_removal(guard, segment):
    del segment["x"]
    guard.acquire()
    segment.close()
    guard.release()
    with guard:
        pass


def test_who_holds_it_is_known(guard, segment, holding, until):
    def holders():
        return [(holder.pid, holder.count) for holder in segment.info().locks[0].holders if holder.alive]

    with guard:
        assert holders() == [(os.getpid(), 1)]
    assert holders() == []
    other = holding(guard.acquire)
    assert holders() == [(other.pid, 1)]
    other.kill()
    assert holders() == []
