"""
A contest: what an NdArray does, numpy does beside it with an array of the same bytes. Random dtypes, shapes, elements and keys.
SHOAL_TEST says how many; a failure names the seed, and `pytest -k 'test and [SEED]'` shows it again.
"""

import math
import os
import random
import warnings

import numpy as np
import pytest

import shoal

DTYPES = "? i1 i2 i4 i8 u1 u2 u4 u8 f2 f4 f8 c8 c16 S1 S3 S5".split()
LENGTHS = [0, 1, 1, 2, 3, 5]
FAR = [2**62, -(2**62), 2**63, -(2**64)]
STEPS = [None, 1, -1, 2, -2, 3, -3, 2**62, -(2**63), 2**63]
NO_INDICES = [None, True, np.bool_(True), [0], np.array([0]), np.array([True]), 1.0, "a"]
ROUNDS = {"quick": 100, "default": 400, "all": 6000}[os.environ.get("SHOAL_TEST", "default")]
SEEDS = range(10)

pytestmark = [pytest.mark.filterwarnings("ignore"), pytest.mark.timeout(600)]


class Pair:
    """An NdArray and numpy's own of the same elements."""

    def __init__(self, segment, chance, min_dims=0):
        self.chance = chance
        self.dtype = np.dtype(chance.choice(DTYPES))
        self.shape = tuple(chance.choice(LENGTHS) for _ in range(chance.choice([0, 1, 1, 2, 2, 3, 4]) or min_dims))
        if "pair" in segment:
            del segment["pair"]
        self.ours = segment.array("pair", self.shape, self.dtype)
        self.plain = elements(chance, self.dtype, self.shape)
        np.asarray(self.ours)[...] = self.plain
        self.agree()

    def agree(self):
        assert alike(np.asarray(self.ours), self.plain), (self.dtype, self.shape)


def elements(chance, dtype, shape):
    """Any bits at all, or small numbers."""
    count = math.prod(shape)
    if chance.random() < 0.5:
        return np.array([chance.randint(0, 3) for _ in range(count)]).astype(dtype).reshape(shape)
    raw = chance.randbytes(count * dtype.itemsize)
    if dtype.kind == "b":
        raw = bytes(byte & 1 for byte in raw)
    return np.frombuffer(raw, dtype).reshape(shape).copy() if count else np.zeros(shape, dtype)


def alike(one, other):
    """The same dtype, shape and bits, but for those of a NaN."""
    if one.dtype != other.dtype or one.shape != other.shape:
        return False
    return one.tobytes() == other.tobytes() or (one.dtype.kind in "fc" and np.array_equal(one, other, equal_nan=True))


def random_part(chance, length):
    near = [None, 0, 1, -1, length, -length, length + 1, -length - 1, chance.randint(-length - 2, length + 2)]
    if chance.random() < 0.4:
        return chance.choice([chance.randint(-length - 1, length), chance.randint(-length, max(0, length - 1)), np.int64(0)])
    return slice(chance.choice(near + FAR), chance.choice(near + FAR), chance.choice([*STEPS, length or 1]))


def random_key(chance, shape):
    parts = [random_part(chance, length) for length in shape[: chance.randint(0, len(shape))]]
    if chance.random() < 0.05:
        parts.append(0)
    for often, extra in ((0.3, [...]), (0.02, [...]), (0.04, NO_INDICES)):
        if chance.random() < often:
            parts.insert(chance.randint(0, len(parts)), chance.choice(extra))
    return parts[0] if len(parts) == 1 and chance.random() < 0.5 else tuple(parts)


def is_refused(key):
    """What only numpy takes for an index."""
    def refused(part):
        return part is None or isinstance(part, (list, str, float, bool, np.bool_)) or (isinstance(part, np.ndarray) and part.ndim)
    return any(map(refused, key if isinstance(key, tuple) else (key,)))


def outcome(function):
    try:
        return function()
    except Exception as error:
        return type(error)


def contest(test):
    """test(segment, chance, pair) in ROUNDS rounds with each of the SEEDS."""
    @pytest.mark.parametrize("seed", SEEDS)
    def rounds(segment, seed):
        chance = random.Random(seed)
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            for _ in range(ROUNDS):
                test(segment, chance, Pair(segment, chance))
    return rounds


def random_window(chance, pair):
    """A key that both take, and what it leads to in both."""
    while True:
        key = random_key(chance, pair.shape)
        if is_refused(key):
            continue
        window = outcome(lambda key=key: pair.ours[key])
        if isinstance(window, shoal.NdArray):
            return key, window, pair.plain[key]
        assert not isinstance(window, type) or issubclass(window, IndexError), key


@contest
def test_keys(segment, chance, pair):
    key = random_key(chance, pair.shape)
    got, wanted = outcome(lambda: pair.ours[key]), outcome(lambda: pair.plain[key])
    if is_refused(key):
        assert got in (TypeError, IndexError), key
    elif isinstance(wanted, type):
        assert got is wanted, (key, got, wanted)
    elif isinstance(wanted, np.ndarray):
        assert isinstance(got, shoal.NdArray) and alike(np.asarray(got), wanted), key
        assert got.shape == wanted.shape and (wanted.size < 2 or 1 in wanted.shape or got.strides == wanted.strides), key
    else:
        assert repr(got) == repr(wanted.item()), key


@contest
def test_windows_as_buffers_lists_and_iterators(segment, chance, pair):
    _, got, wanted = random_window(chance, pair)
    view = memoryview(got)
    assert view.tobytes() == bytes(got) == wanted.tobytes() and view.shape == wanted.shape
    assert not wanted.size or (view.c_contiguous, view.f_contiguous) == (wanted.flags.c_contiguous, wanted.flags.f_contiguous)
    assert repr(got.tolist()) == repr(wanted.tolist())
    if wanted.ndim == 1:
        assert repr(list(got)) == repr(wanted.tolist())
    elif wanted.ndim:
        assert len(got) == len(wanted) and all(alike(np.asarray(one), other) for one, other in zip(got, wanted))
    assert alike(np.asarray(got.copy()), wanted) and not got.copy().size or not np.shares_memory(np.asarray(got.copy()), np.asarray(got))


def exact(name, array):
    """What a reduction gives in as many bits as it needs."""
    if array.dtype.kind in "iub" and name == "sum":
        result = sum(array.ravel().tolist())
        low, high = (0, 2**64 - 1) if array.dtype.kind == "u" else (-(2**63), 2**63 - 1)
        return int(result) if low <= result <= high else OverflowError
    if array.dtype.kind == "S" or (array.dtype.kind == "c" and name in ("min", "max")):
        return TypeError
    wide = array.astype({"f": "f8", "c": "c16"}.get(array.dtype.kind, array.dtype))
    result = outcome(lambda: getattr(wide, name)())
    return result if isinstance(result, type) else result.item()


def close(got, wanted, array):
    if repr(got) == repr(wanted) or got == wanted:
        return True
    if isinstance(got, type) or isinstance(wanted, type) or array.dtype.kind in "iub" and not isinstance(got, float):
        return False
    largest = np.abs(array.astype("c16")).max(initial=0)
    if not np.isfinite(largest) or largest > 1e300:
        return True  # the order of additions decides between infinity and NaN
    return abs(got - wanted) <= 1e-12 * max(abs(wanted), largest * array.size)


@contest
def test_reductions(segment, chance, pair):
    _, got, plain = random_window(chance, pair)
    for name in ("sum", "min", "max", "mean"):
        result, wanted = outcome(lambda name=name: getattr(got, name)()), exact(name, plain)
        assert close(result, wanted, plain), (name, plain.dtype, plain.shape, result, wanted)
        assert isinstance(result, type) or type(result) is type(wanted), name
        given = chance.choice([{"axis": 0}, {"axis": -1, "keepdims": True}, {"dtype": "f8"}, {"axis": None}])
        result, wanted = (outcome(lambda a=a, name=name: getattr(a, name)(**given)) for a in (got, plain))
        assert type(result) is type(wanted) and (isinstance(wanted, type) or alike(np.asarray(result), np.asarray(wanted))), (name, given)


@contest
def test_assignments_with_casts(segment, chance, pair):
    key, _, part = random_window(chance, pair)
    dtype = np.dtype(chance.choice(DTYPES))
    source = elements(chance, dtype, part.shape)
    if source.ndim and chance.random() < 0.3:
        source = np.asfortranarray(source)
    if chance.random() < 0.2:
        source = source.astype(dtype.newbyteorder(">"))
    may = dtype.kind == pair.dtype.kind == "S" or (np.can_cast(dtype, pair.dtype, "same_kind") and "S" not in (dtype.kind, pair.dtype.kind))
    raised = outcome(lambda: pair.ours.__setitem__(key, source))
    assert (raised is None) == may, (key, dtype, pair.dtype, raised)
    if may:
        pair.plain[key] = source.astype(pair.dtype)
    pair.agree()


def same_memory_of_another_dtype(chance, array):
    names = [name for name in DTYPES if name[0] in "iu" and np.dtype(name).itemsize == array.dtype.itemsize]
    dtype = np.dtype(chance.choice(names)) if array.dtype.kind in "iuf" and names else array.dtype
    return array.view(dtype) if np.can_cast(dtype, array.dtype, "same_kind") else array


@contest
def test_overlapping_assignments_of_an_array_to_itself(segment, chance, pair):
    if not pair.plain.size or not pair.shape:
        return
    axis = chance.randrange(len(pair.shape))
    length = pair.shape[axis]
    count = chance.randint(0, length)
    starts = [chance.randint(0, length - count) for _ in range(2)]
    to, of = (tuple(slice(start, start + count) if i == axis else slice(None) for i in range(len(pair.shape))) for start in starts)
    turned = tuple(slice(None, None, chance.choice([1, -1])) for _ in pair.shape)
    readonly = shoal.open(segment.name, readonly=True) if chance.random() < 0.5 else segment
    source, plain = readonly.array("pair")[of][turned], pair.plain[of][turned].copy()
    way = chance.random()
    if way < 0.4:
        source = np.asarray(source)
    elif way < 0.7:
        source = same_memory_of_another_dtype(chance, np.asarray(source))
        plain = plain.view(source.dtype)
    if chance.random() < 0.2 and pair.dtype.kind in "iuf":
        window = pair.ours[to]
        window += source if source.dtype == pair.dtype else np.asarray(source).astype(pair.dtype)
        pair.plain[to] += plain.astype(pair.dtype)
    else:
        pair.ours[to] = source
        pair.plain[to] = plain.astype(pair.dtype)
    pair.agree()
