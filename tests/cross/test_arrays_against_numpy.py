"""A contest: what PHP does with slices of arrays, numpy does beside it. SHOAL_TEST says how many."""

import itertools
import math
import os
import pathlib
import random
import subprocess

import numpy as np
import pytest

import shoal

DTYPES = "? i1 i2 i4 i8 u1 u2 u4 u8 f2 f4 f8 c8 c16 S1 S3".split()
ROUNDS = {"quick": 40, "default": 150, "all": 7500}[os.environ.get("SHOAL_TEST", "default")]
SCRIPT = pathlib.Path(__file__).resolve().parent / "slices.php"
COUNT = itertools.count()


def elements(chance, dtype, shape):
    count = math.prod(shape)
    if chance.random() < 0.4:
        return np.array([chance.randint(0, 3) for _ in range(count)]).astype(dtype).reshape(shape)
    raw = chance.randbytes(count * dtype.itemsize)
    if dtype.kind == "b":
        raw = bytes(byte & 1 for byte in raw)
    return np.frombuffer(raw, dtype).reshape(shape).copy() if count else np.zeros(shape, dtype)


def random_range(chance, length):
    """As PHP has it, and as numpy."""
    def end():
        near = [None, 0, 1, -1, length, -length, length + 1, -length - 1, chance.randint(-length - 2, length + 2)]
        return chance.choice([*near, 2**62, -(2**62), 2**63 - 1, -(2**63)])
    way = chance.random()
    if way < 0.2:
        index = chance.randint(-length - 1, length)
        return index, index
    if way < 0.3:
        return chance.choice([[], None]), slice(None)
    parts = [end(), end()] + ([chance.choice([1, 2, 3, -1, -2, None, -(2**63), 2**63 - 1])] if way < 0.7 else [])
    return parts, slice(*parts)


def run_php(name):
    extension = os.environ["SHOAL_PHP_EXTENSION"]
    done = subprocess.run([os.environ.get("PHP", "php"), "-n", "-d", f"extension={extension}", "-d", "memory_limit=1G", str(SCRIPT), name],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=500)
    assert (done.returncode, done.stdout) == (0, "")


def as_in_php(array):
    """A list of what PHP's types hold: [re, im], digits, text or bytes."""
    def convert(item):
        if isinstance(item, list):
            return [convert(inner) for inner in item]
        if isinstance(item, complex):
            return [item.real, item.imag]
        if isinstance(item, bytes):
            try:
                return item.decode()
            except UnicodeDecodeError:
                return item
        return str(item) if isinstance(item, int) and not isinstance(item, bool) and item >= 2**63 else item
    return convert(array.tolist())


def alike(got, array):
    """The bits, but for those of a NaN."""
    return got == array.tobytes() or (array.dtype.kind in "fc" and np.array_equal(np.frombuffer(got, array.dtype), array.ravel(), equal_nan=True))


def check_reductions(got, window):
    if window.dtype.kind in "Sc" or not window.size:
        return
    if window.dtype.kind == "f":
        wide = window.astype("f8")
        for name in ("min", "max"):
            assert repr(got[name]) == repr(getattr(wide, name)().item()) or got[name] == getattr(wide, name)().item(), name
        return
    total = sum(window.ravel().tolist())
    low, high = (0, 2**64 - 1) if window.dtype.kind == "u" else (-(2**63), 2**63 - 1)
    assert got["sum"] == (as_in_php(np.array(total)) if low <= total <= high else {"threw": "ArithmeticError"}), got["sum"]
    for name in ("min", "max"):
        assert got[name] == as_in_php(getattr(window, name)()), name
    assert math.isclose(got["mean"], window.astype("f8").mean(), rel_tol=1e-12, abs_tol=1e-12 * float(np.abs(window.astype("f8")).max()))


def check_changes(got, plain, key, window):
    """What was assigned and unpacked, in the order in which PHP did it."""
    assert alike(got["assigned"], window)
    changed = plain.copy()
    changed[key] = np.frombuffer(window.tobytes()[::-1], plain.dtype).reshape(window.shape)
    assert got["unpacked"] == changed.tobytes()
    changed[key] = window[(slice(None, None, -1),) * window.ndim]
    assert alike(got["turned"], changed)


def check(got, plain, key):
    try:
        window = np.asarray(plain[(*key, ...)])
    except IndexError:
        assert got == {"threw": "OutOfBoundsException"}, got
        return
    assert got.get("shape") == list(window.shape), got
    assert window.size < 2 or 1 in window.shape or got["strides"] == list(window.strides)
    assert got["bytes"] == window.tobytes() and got["copy"].dtype == plain.dtype and got["copy"].tobytes() == window.tobytes()
    assert repr(got["list"]) == repr(as_in_php(window) if window.ndim else [as_in_php(window)])
    assert not window.ndim or repr(got["items"]) == repr(as_in_php(window))
    assert got["equal"] == bool((window == window).all()) and got["same"] == (got["equal"] or not window.size)
    check_reductions(got, window)
    check_changes(got, plain, key, window)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", range(4))
def test_slices_in_php(seed):
    chance, jobs, cases = random.Random(seed), [], []
    name = f"test-slices-{os.getpid()}-{next(COUNT)}"
    with shoal.create(name, "256M") as segment:
        try:
            for i in range(ROUNDS):
                dtype, shape = np.dtype(chance.choice(DTYPES)), tuple(chance.choice([0, 1, 2, 3, 5]) for _ in range(chance.choice([0, 1, 1, 2, 2, 3])))
                plain = elements(chance, dtype, shape)
                np.asarray(segment.array(f"a{i}", shape, dtype))[...] = plain
                ranges = [random_range(chance, length) for length in shape[: chance.randint(0, len(shape))]]
                jobs.append([php for php, _ in ranges])
                cases.append((plain, tuple(key for _, key in ranges)))
            segment["jobs"] = jobs
            run_php(name)
            for i, (plain, key) in enumerate(cases):
                try:
                    check(segment[f"r{i}"], plain, key)
                except AssertionError as error:
                    raise AssertionError(f"seed {seed}, job {i}: {plain.dtype} {plain.shape} {jobs[i]}") from error
        finally:
            shoal.unlink(name)
