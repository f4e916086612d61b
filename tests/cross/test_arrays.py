"""One array, seen by numpy and by PHP."""

import base64

import numpy as np
import pytest
from conftest import Refused
from hypothesis import given
from hypothesis import strategies as st
from values import describe, describe_for_php

import shoal

DTYPES = ["bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float16", "float32", "float64",
          "complex64", "complex128", "S1", "S7"]
SHAPES = [(1,), (5,), (2, 3), (2, 1, 3), (3, 2, 2, 2), (1,) * 32, (0,), (4, 0), (0, 3, 2)]


def contents(dtype: str, shape: tuple) -> np.ndarray:
    """Every bit pattern of the dtype may come up; extremes first."""
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    raw = np.random.default_rng(len(shape) * 1000 + size).integers(0, 256, size, dtype=np.uint8)
    if dtype == "bool":
        raw &= 1
    array = raw.view(dtype).reshape(shape)
    if array.size and np.dtype(dtype).kind in "iu":
        array.flat[0], array.flat[-1] = np.iinfo(dtype).max, np.iinfo(dtype).min
    if array.size and np.dtype(dtype).kind == "f":
        array.flat[0], array.flat[-1] = -0.0, np.nan
    return array


def as_php_list(array: np.ndarray):
    """numpy's tolist(), in the types that PHP has: [re, im], and digits for what no PHP int holds."""
    def convert(item):
        if isinstance(item, list):
            return [convert(inner) for inner in item]
        if isinstance(item, complex):
            return [item.real, item.imag]
        if isinstance(item, int) and not isinstance(item, bool) and item >= 2**63:
            return str(item)
        return item
    return convert(array.tolist())


@pytest.fixture
def array(segment):
    """array(dtype, shape): a new array under the name "array"."""
    def make(dtype, shape):
        if "array" in segment:
            del segment["array"]
        return segment.array("array", shape, dtype)
    yield make
    if "array" in segment:
        del segment["array"]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("dtype", DTYPES)
def test_php_reads_what_numpy_wrote(array, php, dtype, shape):
    made, data = array(dtype, shape), contents(dtype, shape)
    np.asarray(made)[...] = data
    assert describe(np.asarray(made)) == describe(data)
    assert php("list", name="array") == describe(as_php_list(data))
    assert base64.b64decode(php("pack", name="array")) == data.tobytes()


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("dtype", DTYPES)
def test_numpy_sees_what_php_wrote_without_opening_it_again(array, php, dtype, shape):
    view, data = np.asarray(array(dtype, shape)), contents(dtype, shape)
    php("unpack", name="array", bytes=base64.b64encode(data.tobytes()).decode())
    assert view.tobytes() == data.tobytes()
    view.view(np.uint8)[...] = 0 if view.size else view.view(np.uint8)
    php("assign", name="array", value=describe_for_php(as_php_list(data)))
    assert describe(view.tolist() if view.dtype.kind not in "c" else as_php_list(view)) == \
        describe(data.tolist() if data.dtype.kind not in "c" else as_php_list(data))


@pytest.mark.parametrize("dtype", DTYPES)
def test_both_give_the_same_facts(array, php, dtype):
    made = array(dtype, (2, 3, 4))
    facts = php("array", name="array")
    for name, value in facts.items():
        mine = getattr(made, name)
        assert (list(mine) if isinstance(mine, tuple) else mine) == value, name
    view = np.asarray(made)
    assert (view.shape, view.dtype, view.strides) == (tuple(facts["shape"]), np.dtype(dtype), tuple(facts["strides"]))


@pytest.mark.parametrize("dtype", DTYPES)
def test_an_array_made_by_php_opens_in_python(segment, php, dtype):
    php("array", name="made by PHP", shape=[2, 3], dtype=dtype)
    try:
        made = segment["made by PHP"]
        assert made.shape == (2, 3) and made.dtype == dtype and not np.asarray(made).any()
        with pytest.raises(shoal.TypeMismatch):
            segment.array("made by PHP", (3, 2), dtype)
        with pytest.raises(Refused) as refused:
            php("array", name="made by PHP", shape=[2, 3], dtype="int8" if dtype != "int8" else "uint8")
        assert refused.value.kind == "Shoal\\TypeMismatch"
    finally:
        php("remove", name="made by PHP")


@pytest.mark.parametrize("dtype", DTYPES)
def test_one_element_set_in_php_and_in_python(array, php, dtype):
    made, data = array(dtype, (3, 4)), contents(dtype, (3, 4))
    view, items = np.asarray(made), as_php_list(data)
    for index in ((0, 0), (2, 3), (-1, 1)):
        php("set", name="array", index=index, value=describe_for_php(items[index[0]][index[1]]))
        assert describe(as_php_list(view)[index[0]][index[1]]) == describe(items[index[0]][index[1]])
    view[1, 2] = data[1, 2]
    assert php("get", name="array", index=[1, 2]) == describe(as_php_list(data)[1][2])
    assert php("get", name="array", index=[-2, -2]) == describe(as_php_list(data)[1][2])


@pytest.mark.parametrize("dtype", DTYPES)
def test_fill_by_php_reaches_every_element(array, php, dtype):
    view, data = np.asarray(array(dtype, (4, 5))), contents(dtype, (1,))
    php("fill", name="array", value=describe_for_php(as_php_list(data)[0]))
    assert describe(as_php_list(view)) == describe([[as_php_list(data)[0]] * 5] * 4)


RANGES = st.tuples(st.none() | st.integers(-9, 9), st.none() | st.integers(-9, 9), st.sampled_from([None, 1, 2, 3, -1, -2]))


@given(first=RANGES, second=RANGES)
def test_slices_of_php_are_those_of_numpy(segment, php, first, second):
    made = np.asarray(segment.array("sliced", (6, 7), "int32"))
    made[...] = np.arange(42).reshape(6, 7)
    expected = made[slice(*first), slice(*second)]
    got = php("slice", name="sliced", ranges=[list(first), list(second)])
    assert got == describe(as_php_list(expected))


@pytest.mark.parametrize("dtype", [dtype for dtype in DTYPES if not dtype.startswith("S")])
@pytest.mark.parametrize("method", ["sum", "min", "max", "mean"])
def test_reductions_agree_with_numpy_in_both_languages(array, php, dtype, method):
    made = array(dtype, (3, 5))
    view = np.asarray(made)
    view[...] = np.arange(15).reshape(3, 5) % 7
    if view.dtype.kind == "c" and method in ("min", "max"):
        with pytest.raises(TypeError):
            getattr(made, method)()
        with pytest.raises(Refused) as refused:
            php("reduce", name="array", method=method)
        assert refused.value.kind == "TypeError"
        return
    wide = view.astype({"f": "float64", "c": "complex128"}.get(view.dtype.kind, dtype))  # means are not rounded to the dtype
    expected = getattr(wide if method == "mean" else view, method)().item()
    mine, theirs = getattr(made, method)(), php("reduce", name="array", method=method)
    parts = (lambda number: [number.real, number.imag]) if isinstance(expected, complex) else (lambda number: number)
    assert type(mine) is type(expected) and describe(parts(mine)) == describe(parts(expected)) == theirs


def test_an_index_out_of_range_is_refused_by_both(array, php):
    made = array("int8", (2, 3))
    for index in ((2, 0), (0, 3), (-3, 0)):
        with pytest.raises(IndexError):
            made[index]
        with pytest.raises(Refused):
            php("get", name="array", index=list(index))


def test_a_value_that_does_not_fit_changes_nothing(array, php):
    made = array("uint8", (3,))
    made[...] = 7
    for value in (256, -1, 1.5, "x"):
        with pytest.raises(Refused):
            php("set", name="array", index=[1], value=describe(value))
        with pytest.raises(Refused):
            php("assign", name="array", value=describe([1, 2, value]))
    for value in (256, -1):
        with pytest.raises(OverflowError):
            made[1] = value
    assert np.asarray(made).tolist() == [7, 7, 7]


def test_a_big_array_costs_no_copy_on_the_way(segment, php):
    """64 MiB: what numpy writes last is what PHP reads, in a process whose memory limit would not hold a copy twice."""
    view = np.asarray(segment.array("big", (8, 1024, 1024), "float64"))
    view[-1, -1, -1] = 42.5
    assert php("get", name="big", index=[-1, -1, -1]) == describe(42.5)
    php("set", name="big", index=[0, 0, 0], value=describe(1.25))
    assert view[0, 0, 0] == 1.25
    del segment["big"]
