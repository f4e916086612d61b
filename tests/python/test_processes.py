"""The same objects in processes that were forked, spawned, served or have no common parent."""

import concurrent.futures
import copy
import gc
import multiprocessing
import os
import pickle
import subprocess
import sys

import numpy as np
import pytest

import shoal

METHODS = ["fork", "spawn", "forkserver"]


def work(seg, array, window, counter, lock, queue):
    """What a child does with everything that it was handed."""
    try:
        with lock:
            array[0, 0] = 5
            window[...] = 7
            counter.add(3)
            seg["answer"] = {"sum": array.sum(), "pid": os.getpid()}
        queue.put((seg.name, array.name, window.tolist(), counter.value, lock.strict, lock.reentrant, seg.readonly))
    except BaseException as error:
        queue.put(repr(error))
        raise


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("anonymous", [False, True])
def test_everything_goes_to_a_process(name, method, anonymous):
    context = multiprocessing.get_context(method)
    seg = shoal.create(None if anonymous else name, "4M")
    array = seg.array("a", (3, 4), "i4")
    counter, lock, queue = seg.counter("c", 10), seg.lock("l", reentrant=True, strict=True), context.Queue()
    child = context.Process(target=work, args=(seg, array, array[1:, ::-2], counter, lock, queue))
    child.start()
    assert queue.get(timeout=60) == (seg.name, "a", [[7, 7], [7, 7]], 13, True, True, False)
    child.join(60)
    assert child.exitcode == 0
    assert array.tolist() == [[5, 0, 0, 0], [0, 7, 0, 7], [0, 7, 0, 7]] and counter.value == 13
    assert seg["answer"] == {"sum": 33, "pid": child.pid} and not lock.locked()
    assert seg.check() == []
    seg.close()


def total(array):
    return array.sum()


@pytest.mark.parametrize("method", METHODS)
def test_windows_go_to_a_pool(segment, method):
    array = segment.array("a", 1000, "i8")
    np.asarray(array)[...] = np.arange(1000)
    context = multiprocessing.get_context(method)
    with concurrent.futures.ProcessPoolExecutor(2, mp_context=context) as pool:
        sums = list(pool.map(total, [array[i : i + 100] for i in range(0, 1000, 100)]))
    assert sum(sums) == 499500 and sums[0] == 4950


def test_pickles_are_opened_by_a_program_without_a_common_parent(segment, python):
    array = segment.array("a", (2, 3), "f4")
    array[1, 2] = 2.5
    handed = pickle.dumps((segment, array[1], segment.counter("c", 4), segment.lock("l", strict=True))).hex()
    code = """if True:
        import pickle, sys
        seg, row, counter, lock = pickle.loads(bytes.fromhex(sys.argv[1]))
        with lock:
            row[0] = 9
            counter.add()
            seg["done"] = (lock.strict, row.tolist())
    """
    python(code, handed)
    assert segment["done"] == [True, [9, 0, 2.5]] and array[1, 0] == 9 and segment["c"].value == 5


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_segments_and_windows_pickle_under_every_protocol(segment, protocol):
    array = segment.array("a", (2, 3), "i2")
    np.asarray(array)[...] = [[1, 2, 3], [4, 5, 6]]
    assert pickle.loads(pickle.dumps(segment, protocol)).name == segment.name
    for handle in (array, array[::-1, 1:], array[1]):
        again = pickle.loads(pickle.dumps(handle, protocol))
        assert type(again) is type(handle) and again.name == handle.name
        assert again.tolist() == handle.tolist() and again.strides == handle.strides
        again[...] = handle[...]
        assert np.shares_memory(np.asarray(again), np.asarray(handle))


def test_readonly_is_kept(segment, name):
    segment.array("a", 3)
    with shoal.open(name, readonly=True) as reader:
        seg, array = pickle.loads(pickle.dumps((reader, reader["a"])))
        assert seg.readonly and array.readonly
        with pytest.raises(shoal.ReadOnly):
            seg["k"] = 1


def test_a_relative_path_is_found_from_elsewhere(tmp_path, monkeypatch):
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    with shoal.create("./here", "1M") as seg:
        seg["k"] = 1
        handed = pickle.dumps(seg)
        monkeypatch.chdir(tmp_path / "elsewhere")
        with pickle.loads(handed) as again:
            assert again["k"] == 1 and again.name == "./here"


def test_a_segment_whose_name_was_taken_away_goes_through_the_descriptor(segment, python):
    segment["k"] = 7
    segment.unlink()
    handed = pickle.dumps(segment).hex()
    assert python("import pickle, sys; print(pickle.loads(bytes.fromhex(sys.argv[1]))['k'])", handed) == "7"


def test_a_segment_that_is_gone_is_not_found(name):
    seg = shoal.create(name, "1M")
    counter = seg.counter("c")
    handed, other = pickle.dumps(seg), pickle.dumps(counter)
    seg.unlink()
    seg.close()
    del counter
    for gone in (handed, other):
        with pytest.raises(shoal.NotFound, match="gone"):
            pickle.loads(gone)
    with shoal.create(name, "1M"):  # another one of that name is not the one
        with pytest.raises(shoal.NotFound, match="gone"):
            pickle.loads(handed)


def test_an_object_that_is_gone_is_not_found(segment):
    handed = pickle.dumps(segment.counter("c"))
    del segment["c"]
    with pytest.raises(shoal.ObjectNotFound):
        pickle.loads(handed)
    segment["c"] = 1
    with pytest.raises(shoal.TypeMismatch):
        pickle.loads(handed)


def test_a_window_is_never_opened_beyond_its_array(segment):
    array = segment.array("a", (4, 4), "i4")
    reopen, (origin, name, kind, (dtype, offset, shape, strides)) = array[1:, 1:].__reduce__()
    assert reopen(origin, name, kind, (dtype, offset, shape, strides)).shape == (3, 3)
    for bad in (
        (dtype, offset, (4, 3), strides), (dtype, -4, shape, strides), (dtype, 48, shape, strides),
        (dtype, offset, shape, (2**62, 4)), (dtype, offset, shape, (-16, 4)), ("f8", offset, shape, strides),
        (dtype, offset, (2**62, 2**62), (2**62, 2**62)), (dtype, offset, shape, (16,)), (dtype, 2**63 - 1, shape, strides),
    ):  # fmt: skip
        with pytest.raises((shoal.TypeMismatch, ValueError)):
            reopen(origin, name, kind, bad)
    del segment["a"]
    segment.array("a", (2, 2), "i4")
    with pytest.raises(shoal.TypeMismatch):
        reopen(origin, name, kind, (dtype, offset, shape, strides))


def test_garbage_does_not_unpickle(segment):
    for function, arguments in (
        (segment.__reduce__()[0], ((),)),
        (segment.__reduce__()[0], (5,)),
        (segment.counter("c").__reduce__()[0], (1, 2, 3, 4)),
        (segment.array("a", 3).__reduce__()[0], (*segment["a"].__reduce__()[1][:3], 5)),
    ):
        with pytest.raises(TypeError):
            function(*arguments)


def test_a_forked_child_works_at_once(segment, in_child):
    array, counter = segment.array("a", 3, "i4"), segment.counter("c")
    segment["k"] = "parent"

    def child():
        seen = segment["k"]
        segment["k"] = "child"
        array[0] = counter.add()
        segment.array("b", 2)[0] = 1.5
        with segment.lock("l"):
            pass
        return seen, sorted(peer.pid for peer in segment.info().peers), os.getpid(), segment.check()

    seen, peers, pid, findings = in_child(child)
    assert seen == "parent" and peers == sorted([os.getpid(), pid]) and findings == []
    assert segment["k"] == "child" and array[0] == 1 and segment["b"][0] == 1.5
    assert [peer.pid for peer in segment.info().peers] == [os.getpid()]


def test_a_grandchild_works_too(segment, in_child):
    counter = segment.counter("c")

    def child():
        counter.add()
        pid = os.fork()
        if pid == 0:
            counter.add()
            os._exit(0)
        assert os.waitpid(pid, 0)[1] == 0
        return counter.add()

    assert in_child(child) == 3


def test_a_child_that_closes_leaves_the_parents_alone(segment, in_child):
    segment["k"] = 1
    in_child(lambda: segment.close())
    segment["k"] = 2
    assert segment["k"] == 2


def test_a_view_outlives_the_process_that_made_the_array(segment, die):
    die(lambda: segment.array("a", 1000, "i4").__setitem__(..., 3))
    view = np.asarray(segment["a"])
    die(lambda: segment["a"].__setitem__(..., 4))
    del segment["a"]
    segment.unlink()
    segment.close()
    gc.collect()
    assert view.sum() == 4000


def test_a_killed_writer_leaves_the_old_value_or_the_new_one(segment):
    import random
    import signal
    import time

    segment["v"] = b"\0" * (1 << 20)
    acknowledged = segment.array("acknowledged", 1, "i8")
    random.seed(7)
    for _ in range(25):
        pid = os.fork()
        if pid == 0:
            n = acknowledged[0]
            while True:
                n += 1
                segment["v"] = bytes([n % 256]) * (1 << 20)
                acknowledged[0] = n
        time.sleep(random.random() * 0.02)
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        value = segment["v"]
        assert len(value) == 1 << 20 and len(set(value)) == 1
        assert value[0] in (acknowledged[0] % 256, (acknowledged[0] + 1) % 256)
        acknowledged[0] = value[0]
    assert segment.check() == []


def test_interpreters_that_end_leave_no_peer(segment, name, python):
    python("import shoal, sys; seg = shoal.open(sys.argv[1]); seg['k'] = 1; lock = seg.lock('l'); lock.acquire()", name)
    assert [peer.pid for peer in segment.info().peers] == [os.getpid()] and segment["k"] == 1
    lock = segment.lock("l")
    assert lock.acquire(timeout=1) and lock.recovered
    lock.release()


def test_a_program_that_leaks_everything_ends_well(name, python):
    code = """if True:
        import shoal, sys, threading
        import numpy as np
        seg = shoal.create(sys.argv[1], "1M", lifetime="shared")
        keep = [seg, seg.array("a", 5), np.asarray(seg["a"]), memoryview(seg["a"]), seg["a"].__dlpack__(), seg.counter("c")]
        cycle = [keep]
        cycle.append(cycle)
        sys.modules["kept"] = cycle
        threading.Thread(target=seg["c"].wait, args=(0,), daemon=True).start()
    """
    python(code, name)
    with pytest.raises(shoal.NotFound):
        shoal.open(name)


def test_nothing_of_the_core_is_exported():
    """Another module of this process may carry another version of it."""
    import ctypes

    import shoal._shoal

    library = ctypes.CDLL(shoal._shoal.__file__)
    assert library.PyInit__shoal
    for symbol in ("shoal_create", "shoal_open", "shoal__find", "shoal_value_get"):
        assert not hasattr(library, symbol)


def test_the_module_can_be_imported_twice():
    """State is the module's: a second copy of it has types and a context of its own."""
    code = """if True:
        import sys, gc
        import shoal._shoal as first
        del sys.modules["shoal._shoal"]
        import importlib
        second = importlib.import_module("shoal._shoal")
        assert first is not second and first.Segment is not second.Segment
        seg = first.create("twice-%d" % __import__("os").getpid(), "1M")
        other = second.open(seg.name)
        seg["k"] = 1
        assert other["k"] == 1 and isinstance(other, second.Segment) and not isinstance(other, first.Segment)
        lock, theirs = seg.lock("l"), other.lock("l")
        with lock:
            assert theirs.acquire(False) is False
        seg.unlink()
        del other, theirs, second
        gc.collect()
        assert len(seg.info().peers) == 1, seg.info().peers
    """
    done = subprocess.run([sys.executable, "-X", "dev", "-c", code], timeout=60)
    assert done.returncode == 0
