"""Races for values, what is stored, arrays and segments: kinds of races.py."""

import copy
import gc
import os
import pickle
import random
import time
import weakref

from race_kinds import BIG, allowing, kind

import shoal

# ---- Values --------------------------------------------------------------------------------------


@kind
def values(segment, threads):
    def work(i):
        segment["shared"] = {"i": i, "text": "x" * i, "list": [i] * i}
        read = segment["shared"]
        assert read == {"i": read["i"], "text": "x" * read["i"], "list": [read["i"]] * read["i"]}
        segment[f"own {i}"] = i
        assert segment[f"own {i}"] == i and segment.get("nobody's") is None and f"own {i}" in segment

    yield work
    assert set(segment.keys()) == {"shared", *(f"own {i}" for i in range(threads))}


@kind
def large_values(segment, threads):
    kinds = [lambda i: bytes([i]) * (BIG + i), lambda i: chr(97 + i) * (BIG + i), lambda i: ["ü" * BIG, i]]

    def work(i):
        segment["v"] = random.choice(kinds)(i)
        read = segment["v"]
        assert len(set(read)) == (2 if isinstance(read, list) else 1)

    yield work


@kind
def removed_and_made_anew(segment, threads):
    @allowing(shoal.NotFound, shoal.TypeMismatch)
    def work(i):
        name = f"n{random.randrange(3)}"
        step = random.randrange(7)
        if step == 0:
            del segment[name]
        elif step == 1:
            segment[name] = [i]
        elif step == 2:
            segment.counter(name).add()
        elif step == 3:
            segment.lock(name).acquire(timeout=0) and segment.lock(name).release()
        elif step == 4:
            segment.array(name, 10)[i % 10] = i
        elif step == 5:
            repr(segment[name])
        else:
            repr(segment.get(name))

    def without_lock_errors(i):
        try:
            work(i)
        except shoal.LockError:
            pass  # it was another lock of that name that was taken

    yield without_lock_errors


# ---- What is stored changes meanwhile ------------------------------------------------------------


@kind
def a_dict_changes(segment, threads):
    shared = {f"k{i}": i for i in range(20)}

    def work(i):
        if i % 2:
            for k in range(20):
                shared[f"k{k}"] = [i, object.__new__(object).__class__.__name__]
            shared.pop(f"k{i}", None)
            shared[f"k{i}"] = i
            shared[f"new{i}"] = "x" * 100
            del shared[f"new{i}"]
        else:
            try:
                segment["v"] = shared
            except RuntimeError as error:
                assert "changed size while it was stored" in str(error)
            else:
                assert set(segment["v"]) >= {"k0"}

    yield work


@kind
def a_list_changes(segment, threads):
    shared = [str(i) for i in range(50)]

    def work(i):
        if i % 2:
            shared.append(["new", str(i)])
            shared[random.randrange(40)] = str(time.monotonic())
            shared[:] = [str(i) for i in range(50)]
            shared.pop()
        else:
            try:
                segment["v"] = shared
            except RuntimeError as error:
                assert "changed size while it was stored" in str(error)

    yield work


@kind
def a_nested_value_changes(segment, threads):
    inner, outer = {"a": 1}, []
    outer += [inner, inner, [inner]]

    def work(i):
        if i % 2:
            inner[f"{i}"] = [i] * 10
            outer.append({"inner": inner})
            inner.pop(f"{i}", None)
            del outer[3:]
        else:
            try:
                segment["v"] = {"outer": outer, "again": outer, "tuple": (inner, outer)}
            except RuntimeError as error:
                assert "changed size while it was stored" in str(error)

    yield work


@kind
def bytes_that_many_store(segment, threads):
    array, view = bytearray(b"x" * 1000), memoryview(bytearray(b"y" * 1000))
    odd = [memoryview(bytearray(b"z" * 1000))[::2] for _ in range(threads)]  # 3.13t does not guard one that many slice

    def work(i):
        segment[f"a{i}"], segment[f"v{i}"] = array, view
        assert segment[f"a{i}"] == b"x" * 1000 and segment[f"v{i}"] == b"y" * 1000
        segment[f"odd{i}"] = odd[i]

    yield work
    array.append(1)  # nobody holds it any more


@kind
def a_list_assigned_to_an_array_changes(segment, threads):
    arrays = [segment.array(f"a{i}", (4, 5)) for i in range(threads)]
    rows = [[float(i)] * 5 for i in range(4)]

    def work(i):
        if i % 2:
            rows[random.randrange(4)] = [float(i)] * 5
            rows[0][random.randrange(5)] = float(i)
            rows[1][:] = [float(i)] * 5
        else:
            try:
                arrays[i][...] = rows
            except (RuntimeError, shoal.TypeMismatch):
                pass

    yield work


# ---- Arrays --------------------------------------------------------------------------------------


@kind
def arrays(segment, threads):
    import numpy  # noqa: F401 -- not at the first look at a dtype

    array = segment.array("a", (threads, 64))

    def work(i):
        row = segment["a"][i]
        row[...] = float(i)
        row[3:5] = [float(i)] * 2
        assert row.sum() == 64 * i and row.tolist() == [i] * 64
        assert array[i, 0] == i and array[i].shape == (64,) and array.dtype == "float64"
        segment[f"copy {i}"] = row
        assert len(segment[f"copy {i}"]) == 64
        copy.copy(row[::2])

    yield work


@kind
def exports(segment, threads):
    import numpy

    array = segment.array("a", (threads, 16), "i8")

    def work(i):
        row = array[i]
        with memoryview(row) as view:
            view[0] = i
        numpy.asarray(row)[1:] = i
        assert numpy.from_dlpack(row).sum() == 16 * i and row.__array_interface__["shape"] == (16,)
        row.__dlpack__()
        row.__dlpack__(max_version=(1, 0), copy=True)
        segment[f"n{i}"] = numpy.arange(i + 1)
        assert segment[f"n{i}"].sum() == i * (i + 1) // 2

    yield work


@kind
def an_iterator_is_shared(segment, threads):
    array = segment.array("a", 1000, "i8")
    array[...] = list(range(1000))
    rows = segment.array("rows", (100, 2))
    shared, seen = [iter(array), iter(rows)], [[] for _ in range(threads)]
    names = [iter(segment)]

    def work(i):
        seen[i] += list(shared[0])
        for row in shared[1]:
            assert row.shape == (2,)
        list(names[0])
        shared[0].__length_hint__()
        if i == 0:
            shared[1], names[0] = iter(rows), iter(segment)
        copy.copy(iter(array))

    yield work
    assert sorted(sum(seen, [])) == list(range(1000))


# ---- Segments ------------------------------------------------------------------------------------


@kind
def closed_while_it_is_used(segment, threads):
    steps = [
        lambda s: s["v"], lambda s: s["big"], lambda s: s.get("none"), lambda s: s.__setitem__("w", [1, 2]),
        lambda s: s.__setitem__("big", b"x" * BIG), lambda s: "v" in s, len, lambda s: s.keys(), list, lambda s: s.info(),
        lambda s: s.check(), lambda s: (s.size, s.used, s.readonly, s.closed, s.name), repr, lambda s: s.fileno(),
        lambda s: pickle.dumps(s), lambda s: s.array("a", 5)[0], lambda s: s["a"].sum(), lambda s: s.counter("c").add(),
        lambda s: s.lock("l"), lambda s: s.rwlock("rw").read(), lambda s: s.semaphore("s"), lambda s: s.event("e").set(),
        lambda s: s.condition("cond", s.lock("l")), lambda s: s.barrier("b", 2), lambda s: s.__setitem__("d", 1) or s.__delitem__("d"),
        lambda s: s.__enter__(), lambda s: shoal.backup(s, os.devnull)
    ]  # fmt: skip

    def made(i):
        return shoal.open(segment.name) if i % 2 else shoal.create(None, "2M")

    shared = [made(0), made(1)]

    @allowing(shoal.Closed, shoal.AlreadyExists, shoal.NotFound, shoal.TypeMismatch)
    def work(i):
        if i < 2:
            before, shared[i] = shared[i], made(i)
            before.close()
            before.close()
            assert before.closed
            return
        mine = random.choice(shared)
        random.choice(steps)(mine)
        for _ in range(20):
            mine.used, "v" in mine, mine.get("v"), len(mine)

    yield work


@kind
def made_opened_and_unlinked(segment, threads):
    def work(i):
        name = f"{segment.name}-{i}"
        with shoal.create(name, "1M") as made:
            made["i"] = i
            with shoal.open(name) as again:
                assert again["i"] == i
            array = made.array("a", 10)
            shoal.segments()
        array[0] = i
        shoal.unlink(name)
        anonymous = shoal.create(None, "1M")
        anonymous["x"] = i
        assert pickle.loads(pickle.dumps(anonymous))["x"] == i

    yield work


@kind
def facts_while_all_changes(segment, threads):
    lock, rw = segment.lock("l"), segment.rwlock("rw")

    def work(i):
        if i % 2:
            with lock, rw.write():
                segment[f"v{i}"] = i
        else:
            info = segment.info()
            assert len(info.peers) == 1 and segment.check() == []
            [owner.alive for owner in rw.waiters + lock.waiters]
            repr((lock.owner, rw.owner, rw.readers))

    yield work


@kind
def handles_pickled(segment, threads):
    lock = segment.lock("l")
    handles = [segment, segment.counter("c"), lock, segment.rwlock("rw"), segment.rwlock("rw").read(), segment.semaphore("s"),
               segment.event("e"), segment.condition("cond", lock), segment.barrier("b", 2), segment.array("a", 5)[1:]]  # fmt: skip

    def work(i):
        for handle in handles:
            assert type(pickle.loads(pickle.dumps(handle))) is type(handle)

    yield work


@kind
def handles_dropped_while_weakly_held(segment, threads):
    slots = [None] * 4

    def work(i):
        place = random.randrange(4)
        if i % 2:
            made = random.choice([lambda: segment.lock("l"), lambda: segment.counter("c"), lambda: segment.array("a", 5),
                                  lambda: segment.barrier("b", 2), lambda: shoal.open(segment.name)])()  # fmt: skip
            slots[place] = weakref.ref(made)
            cycle = [made]
            cycle.append(cycle)
        else:
            handle = slots[place] and slots[place]()
            if handle is not None:
                repr(handle)
        if random.random() < 0.01:
            gc.collect()

    yield work
    gc.collect()
