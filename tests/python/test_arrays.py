import subprocess
import sys
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import shoal
from conftest import die_with_parent

DTYPES = "bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 float32 float64 complex64 complex128 S1 S12".split()


@pytest.mark.parametrize("dtype", DTYPES)
def test_dtype_and_shape_are_those_asked_for(segment, dtype):
    array = segment.array("a", (2, 3), dtype)
    assert array.dtype == dtype and array.shape == (2, 3)
    view = np.asarray(array)
    assert view.dtype == np.dtype(dtype) and view.shape == (2, 3) and not view.any()
    assert view.ctypes.data % 64 == 0
    assert segment["a"].dtype == np.dtype(dtype)


@pytest.mark.parametrize(
    "given_, is_",
    [
        ("f8", "float64"), ("<f8", "float64"), ("=f8", "float64"), ("?", "bool"), ("|S12", "S12"), ("u1", "uint8"),
        (float, "float64"), (int, "int64"), (bool, "bool"), (complex, "complex128"), (np.float32, "float32"),
        (np.dtype("i2"), "int16"), (np.dtype("bool"), "bool"), (np.dtype("S7"), "S7"), (None, "float64"),
    ],
)  # fmt: skip
def test_dtypes_go_by_many_names(segment, given_, is_):
    assert segment.array("a", 2, given_).dtype == is_


@pytest.mark.parametrize("dtype", ["", "f3", "float128", "U5", "O", ">f8", "S0", "S-1", "M8[s]", "i4,i4", "f8 ", "ü"])
def test_impossible_dtypes_are_value_errors(segment, dtype):
    with pytest.raises(ValueError):
        segment.array("a", 2, dtype)
    assert len(segment) == 0


@pytest.mark.parametrize("dtype", [np.dtype(">f8"), np.dtype(object), np.dtype([("a", "i4")]), np.longdouble])
def test_dtypes_of_numpy_that_have_no_counterpart_are_value_errors(segment, dtype):
    with pytest.raises(ValueError):
        segment.array("a", 2, dtype)


@pytest.mark.parametrize(
    "shape, error",
    [
        (-1, ValueError), ((2, -3), ValueError), ((1,) * 33, ValueError), ((2**40, 2**40), ValueError),
        ((2**62, 2**62, 0), None), (2**100, ValueError), (1.5, TypeError), ("ab", TypeError), ((1, "2"), TypeError),
        ((True,), TypeError), ((1.0,), TypeError), (object(), TypeError), (b"ab", TypeError), ((None,), TypeError),
        ({3, 2}, TypeError), ({3: 2}, TypeError), (frozenset({2}), TypeError), (np.array([2.0]), TypeError), (np.ones((1, 2), int), TypeError),
    ],
)  # fmt: skip
def test_impossible_shapes_make_nothing(segment, shape, error):
    with pytest.raises(error or (ValueError, OverflowError, TypeError)) if error else pytest.raises(Exception):
        segment.array("a", shape)
    assert len(segment) == 0


def test_shapes_are_ints_tuples_lists_or_numpys(segment):
    assert segment.array("a", 3).shape == (3,)
    assert segment.array("b", [2, np.int64(3)]).shape == (2, 3)
    assert segment.array("c", ()).shape == ()
    assert segment.array("d", (0, 5)).shape == (0, 5)
    assert segment.array("e", (1,) * 32).ndim == 32
    assert segment.array("f", np.array([2, 3])).shape == (2, 3) and segment.array("g", np.array(3)).shape == (3,)
    assert segment.array("h", range(2, 4)).shape == (2, 3) and segment.array("i", np.array([4])).shape == (4,)


def test_opening_it_again_gives_the_same_memory(segment):
    one = segment.array("a", (2, 2), "i4")
    two = segment.array("a", (2, 2), "i4")
    three = segment.array("a")
    four = segment.array("a", dtype="i4")
    one[1, 1] = 7
    assert two[1, 1] == three[1, 1] == four[1, 1] == segment["a"][1, 1] == 7


@pytest.mark.parametrize("shape, dtype", [((2, 3), "f4"), ((3, 2), "f8"), ((6,), "f8"), ((2, 3, 1), "f8"), (None, "f4")])
def test_another_dtype_or_shape_is_a_type_mismatch(segment, shape, dtype):
    segment.array("a", (2, 3), "f8")
    with pytest.raises(shoal.TypeMismatch) as caught:
        segment.array("a", shape, dtype)
    assert isinstance(caught.value, TypeError) and "float64" in str(caught.value)


def test_without_a_shape_another_kind_is_a_type_mismatch(segment):
    segment["v"] = 1
    segment.counter("c")
    for name in ("v", "c"):
        with pytest.raises(shoal.TypeMismatch):
            segment.array(name)


def test_without_a_shape_a_missing_array_is_not_found(segment):
    with pytest.raises(shoal.NotFound) as caught:
        segment.array("a")
    assert isinstance(caught.value, KeyError)


def test_the_facts_are_numpys(segment):
    array = segment.array("a", (2, 3, 4), "i2")
    view = np.asarray(array)
    for fact in ("shape", "dtype", "ndim", "size", "nbytes", "itemsize", "strides"):
        assert getattr(array, fact) == getattr(view, fact), fact
    assert array.name == "a" and array.readonly is False and len(array) == 2
    assert "int16" in repr(array) and "(2, 3, 4)" in repr(array) and "'a'" in repr(array)


def indices(ndim):
    part = st.integers(-6, 6) | st.slices(5) | st.builds(slice, st.none() | st.integers(-7, 7), st.none() | st.integers(-7, 7), st.sampled_from([None, 1, 2, 3, -1, -2, -5]))
    return st.lists(part, max_size=ndim).flatmap(
        lambda parts: st.just(tuple(parts)) | st.integers(0, len(parts)).map(lambda at: (*parts[:at], ..., *parts[at:]))
    )


@settings(max_examples=500, deadline=None)
@given(key=indices(3), value=st.integers(-1000, 1000))
def test_indexing_agrees_with_numpy(key, value):
    array, plain = grid, np.arange(60, dtype="i4").reshape(3, 4, 5)
    np.asarray(array)[...] = plain
    try:
        expected = plain[key]
    except IndexError:
        with pytest.raises(IndexError):
            array[key]
        with pytest.raises(IndexError):
            array[key] = value
        return
    got = array[key]
    if isinstance(expected, np.ndarray):
        assert isinstance(got, shoal.NdArray) and got.shape == expected.shape
        assert got.tolist() == expected.tolist()
        if expected.size:
            assert np.asarray(got).strides == got.strides
    else:
        assert type(got) is int and got == expected
    array[key] = value
    plain[key] = value
    assert array.tolist() == plain.tolist()


seg_of_module = shoal.create(size="1M")
grid = seg_of_module.array("grid", (3, 4, 5), "i4")


@pytest.mark.parametrize("key", [None, "a", 1.5, [0, 1], np.array([0]) > 5, True, (0, True), (0, None), b"x", (slice("a"),), np.True_, (..., np.False_)])
def test_what_is_no_index_is_an_index_error_and_a_slice_of_it_a_type_error(segment, key):
    array = segment.array("a", (2, 2))
    error = TypeError if isinstance(key, tuple) and isinstance(key[0], slice) else IndexError
    with pytest.raises(error):
        array[key]
    with pytest.raises(error):
        array[key] = 1


@pytest.mark.parametrize("key", [2, -3, (0, 2), (0, -3), (0, 0, 0), (..., ...), 2**70, (0, 2**63)])
def test_indices_out_of_bounds_are_index_errors(segment, key):
    array = segment.array("a", (2, 2))
    with pytest.raises(IndexError):
        array[key]
    with pytest.raises(IndexError):
        array[key] = 1
    assert array.tolist() == [[0, 0], [0, 0]]


def test_an_index_may_be_numpys(segment):
    array = segment.array("a", 3, "i4")
    array[np.int64(1)] = 5
    assert array[np.uint8(1)] == 5


def test_no_dimensions_have_one_element(segment):
    array = segment.array("a", (), "f8")
    array[()] = 2.5
    assert array[()] == 2.5 and array[...].shape == () and array.tolist() == 2.5
    array[...] = 3.5
    assert array[()] == 3.5 and array.size == 1 and array.sum() == 3.5
    for wrong in (lambda: array[0], lambda: len(array), lambda: list(array)):
        with pytest.raises((IndexError, TypeError)):
            wrong()


def test_a_slice_is_a_view(segment):
    array = segment.array("a", (4, 4), "i4")
    view = array[1:3, ::-2]
    view[0, 0] = 7
    assert array[1, 3] == 7 and view.shape == (2, 2) and view.strides == (16, -8)
    view[...] = [[1, 2], [3, 4]]
    assert array.tolist() == [[0, 0, 0, 0], [0, 2, 0, 1], [0, 4, 0, 3], [0, 0, 0, 0]]
    assert view[0][1] == 2 and view[0].name == "a"


def test_iteration_is_over_the_first_axis(segment):
    array = segment.array("a", (3, 2), "i4")
    array[...] = [[1, 2], [3, 4], [5, 6]]
    assert [row.tolist() for row in array] == [[1, 2], [3, 4], [5, 6]]
    assert list(array[1]) == [3, 4] and 4 in array[1] and 9 not in array[1]
    assert [type(row) for row in array] == [shoal.NdArray] * 3
    assert list(reversed(array[1])) == [4, 3]
    assert list(segment.array("empty", (0, 3))) == []


VALUES = {
    "bool": True, "int8": -128, "int16": -32768, "int32": -(2**31), "int64": -(2**63), "uint8": 255, "uint16": 65535,
    "uint32": 2**32 - 1, "uint64": 2**64 - 1, "float16": 1.5, "float32": -2.5, "float64": 1e300, "complex64": 1 + 2j,
    "complex128": -1e300j, "S1": b"x", "S12": b"hello",
}  # fmt: skip


@pytest.mark.parametrize("dtype", DTYPES)
def test_elements_come_back_as_pythons(segment, dtype):
    array = segment.array("a", 3, dtype)
    array[1] = VALUES[dtype]
    assert array[1] == VALUES[dtype] and type(array[1]) is type(VALUES[dtype])
    assert array.tolist() == np.asarray(array).tolist()
    array[0] = np.asarray(array)[1]
    assert array[0] == VALUES[dtype]
    array[...] = VALUES[dtype]
    assert array.tolist() == [VALUES[dtype]] * 3


@pytest.mark.parametrize(
    "dtype, value, error",
    [
        ("int8", 128, OverflowError), ("int8", -129, OverflowError), ("uint8", -1, OverflowError),
        ("uint64", 2**64, OverflowError), ("int64", 2**63, OverflowError), ("float64", 10**400, OverflowError),
        ("int32", 1.5, TypeError), ("int32", "1", TypeError), ("int32", None, TypeError), ("float64", 1j, TypeError),
        ("float64", b"x", TypeError), ("S3", "abc", TypeError), ("S3", 5, TypeError), ("int32", object(), TypeError),
        ("int32", [1], TypeError), ("int32", {}, TypeError), ("S3", b"abcd", OverflowError),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_and_nothing_changes(segment, dtype, value, error):
    array = segment.array("a", 2, dtype)
    array[...] = before = VALUES.get(dtype, b"ab")
    with pytest.raises(error):
        array[0] = value
    with pytest.raises((error, shoal.TypeMismatch)):
        array[...] = value
    with pytest.raises(error):
        array[...] = [before, value]
    assert array.tolist() == [before, before]


def test_numbers_of_others_are_taken(segment):
    import decimal
    import fractions

    array = segment.array("a", 6)
    for i, number in enumerate([np.float32(1.5), np.int8(2), fractions.Fraction(5, 2), decimal.Decimal("3.5"), True, np.longdouble(4)]):
        array[i] = number
    assert array.tolist() == [1.5, 2, 2.5, 3.5, 1, 4]
    array[0] = np.array(9.0)
    assert array[0] == 9
    array[...] = np.array(7)
    assert array.tolist() == [7] * 6


def test_nested_lists_are_copied_in(segment):
    array = segment.array("a", (2, 3), "i4")
    array[...] = [[1, 2, 3], (4, 5, 6)]
    assert array.tolist() == [[1, 2, 3], [4, 5, 6]]
    array[0] = [7, 8, 9]
    array[:, 1] = (0, 0)
    assert array.tolist() == [[7, 0, 9], [4, 0, 6]]


@pytest.mark.parametrize("bad", [[[1, 2, 3]], [[1, 2], [3, 4]], [[1, 2, 3], [4, 5, 6, 7]], [1, 2], [], [[[1]] * 3] * 2, [[1, 2, 3], [4, "5", 6]]])
def test_lists_of_another_shape_change_nothing(segment, bad):
    array = segment.array("a", (2, 3), "i4")
    array[...] = 1
    with pytest.raises(TypeError):
        array[...] = bad
    assert array.tolist() == [[1] * 3] * 2


def test_arrays_are_copied_in_with_conversion(segment):
    array = segment.array("a", (2, 3), "f8")
    array[...] = np.arange(6, dtype="i2").reshape(2, 3)
    assert array.tolist() == [[0, 1, 2], [3, 4, 5]]
    array[...] = np.arange(6, dtype=">u4").reshape(3, 2).T
    assert array.tolist() == [[0, 2, 4], [1, 3, 5]]
    array[0] = memoryview(np.array([7.0, 8.0, 9.0]))
    array[1] = array[0][::-1]
    assert array.tolist() == [[7, 8, 9], [9, 8, 7]]
    array[:, :2] = array[:, 1:]
    assert array.tolist() == [[8, 9, 9], [8, 7, 7]]


def test_arrays_that_do_not_fit_change_nothing(segment):
    array = segment.array("a", 3, "i1")
    array[...] = 5
    for bad in (np.zeros(4, "i1"), np.zeros((3, 1), "i1"), np.array([1.0, 2.0, 2.5]), np.array(["a", "b", "c"])):
        with pytest.raises((TypeError, OverflowError, ValueError)):
            array[...] = bad
    assert array.tolist() == [5, 5, 5]


def test_wider_ints_of_an_array_wrap_as_in_numpy(segment):
    array, plain = segment.array("a", 3, "i1"), np.zeros(3, "i1")
    array[...] = plain[...] = np.array([1, 2, 300])
    assert array.tolist() == plain.tolist()


def test_elements_cannot_be_deleted(segment):
    with pytest.raises(TypeError):
        del segment.array("a", 3)[0]


@pytest.mark.parametrize("dtype", [dtype for dtype in DTYPES if dtype[0] not in "S"])
@pytest.mark.parametrize("shape", [(7,), (3, 5), (2, 3, 4), (), (40000,)])
def test_reductions_agree_with_numpy(segment, dtype, shape):
    array = segment.array("a", shape, dtype)
    view = np.asarray(array)
    view[...] = np.random.default_rng(5).integers(0, 2 if dtype == "bool" else 100, shape).astype(dtype)
    for window in (array, array[..., ::-1][..., ::2]) if shape else (array,):
        plain = np.asarray(window)
        assert window.sum() == pytest.approx(plain.sum(dtype="f8" if dtype == "float16" else None), rel=1e-3)
        assert window.mean() == pytest.approx(plain.mean(dtype="c16" if dtype.startswith("c") else "f8"), rel=1e-3)
        if not dtype.startswith("complex"):
            assert window.min() == plain.min() and window.max() == plain.max()


def test_reductions_of_nothing_and_of_nan(segment):
    empty = segment.array("e", 0)
    assert empty.sum() == 0 and np.isnan(empty.mean())
    for wrong in (empty.min, empty.max):
        with pytest.raises(ValueError):
            wrong()
    array = segment.array("n", 3)
    array[1] = float("nan")
    assert np.isnan(array.min()) and np.isnan(array.max()) and np.isnan(array.sum())
    with pytest.raises(TypeError):
        segment.array("s", 3, "S4").sum()
    with pytest.raises(TypeError):
        segment.array("c", 3, "c16").max()
    big = segment.array("b", 2, "i8")
    big[...] = 2**63 - 1
    with pytest.raises(OverflowError):
        big.sum()


def test_a_removed_array_stays_while_it_is_used(segment):
    array = segment.array("a", 1000, "i4")
    view = np.asarray(array)
    view[...] = 7
    del segment["a"]
    other = segment.array("a", 1000, "i4")
    other[...] = 1
    assert (view == 7).all() and array.sum() == 7000 and "a" in segment


def test_the_memory_of_a_removed_array_comes_back(segment):
    before = segment.used
    for i in range(100):
        array = segment.array("a", 1 << 20, "u1")
        array[0] = i
        del segment["a"], array
    assert segment.used <= before + 4096


def test_views_outlive_close_and_unlink(name):
    seg = shoal.create(name, "4M")
    array = seg.array("a", (3, 4), "i4")
    view, memory = np.asarray(array), memoryview(array)
    window = array[1:]
    seg.unlink()
    seg.close()
    view[1, 2] = 5
    array[0, 0] = 6
    del array, seg
    assert memory[1, 2] == 5 and window[0, 2] == 5 and view[0, 0] == 6
    window[...] = 9
    del window, memory
    assert view[1:].tolist() == [[9] * 4] * 2


OTHERS = """
import itertools, sys, shoal
segment = shoal.open(sys.argv[1])
remove = lambda: segment.__delitem__("x")
for do in itertools.cycle((lambda: segment.array("x", (3,), "i4"), remove, lambda: segment.counter("x"), remove)):
    try:
        do()
    except (shoal.TypeMismatch, shoal.ObjectNotFound):
        pass
"""


def test_an_array_assigned_to_a_name_that_others_remove_is_stored(segment, name):
    value = np.array([1, 2, 3], "i4")
    with subprocess.Popen([sys.executable, "-c", OTHERS, name], preexec_fn=die_with_parent) as others:
        try:
            end = time.monotonic() + 1
            while time.monotonic() < end:
                try:
                    segment["x"] = value
                except shoal.TypeMismatch:  # it is another live object just then
                    pass
            assert others.poll() is None
        finally:
            others.kill()
