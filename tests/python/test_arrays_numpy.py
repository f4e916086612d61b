"""What numpy's functions and users of numpy ask of an NdArray: operators, comparisons, copies, methods with arguments."""

import copy
import dataclasses
import inspect
import operator
import pickle

import numpy as np
import pytest

import shoal


@pytest.fixture
def grid(segment):
    array = segment.array("grid", (3, 4), "f8")
    array[...] = np.arange(12).reshape(3, 4)
    return array


@pytest.fixture
def plain():
    return np.arange(12.0).reshape(3, 4)


def same(one, other):
    """Equal, of one type, and of one dtype."""
    assert type(one) is type(other)
    np.testing.assert_array_equal(one, other)
    assert getattr(one, "dtype", None) == getattr(other, "dtype", None)


def answer(function, array):
    """What it returned or raised, and what the array is then."""
    try:
        result = function(array)
    except Exception as error:
        result = type(error)
    return result, np.asarray(array).tolist()


REDUCTIONS = [
    {}, {"axis": 0}, {"axis": 1}, {"axis": -1}, {"axis": (0, 1)}, {"axis": None}, {"keepdims": True}, {"axis": 0, "keepdims": True},
    {"axis": 5}, {"dtype": "f4"}, {"dtype": "i8"}, {"out": True}, {"initial": 3.0}, {"where": True}, {"axis": 1, "initial": 1.0, "where": True},
]  # fmt: skip


def arguments(given):
    """`out` and `where` are arrays that belong to the other arguments."""
    made = dict(given)
    if "out" in made:
        made["axis"], made["out"] = 0, np.empty(4)
    if "where" in made:
        made["where"] = np.arange(12).reshape(3, 4) % 2 == 0
        made.setdefault("initial", 0.0)
    return made


@pytest.mark.parametrize("given", REDUCTIONS, ids=str)
@pytest.mark.parametrize("which", ["sum", "min", "max", "mean", "prod", "std", "var", "any", "all", "ptp", "argmin", "argmax", "cumsum", "median"])
def test_numpys_reductions_take_it_with_all_their_arguments(grid, plain, which, given):
    function = getattr(np, which)
    wanted, _ = answer(lambda array: function(array, **arguments(given)), plain)
    got, _ = answer(lambda array: function(array, **arguments(given)), grid)
    same(got, wanted)


@pytest.mark.parametrize("given", REDUCTIONS[1:], ids=str)
@pytest.mark.parametrize("which", ["sum", "min", "max", "mean", "prod", "std", "any", "argmin"])
def test_methods_with_arguments_are_numpys(grid, plain, which, given):
    wanted, _ = answer(lambda array: getattr(array, which)(**arguments(given)), plain)
    got, _ = answer(lambda array: getattr(array, which)(**arguments(given)), grid)
    same(got, wanted)


def test_methods_without_arguments_are_our_own(segment):
    ints = segment.array("i", 3, "u8")
    ints[...] = 2**64 - 1
    with pytest.raises(OverflowError):
        ints.sum()
    ints[1:] = 0
    assert type(ints.sum()) is int and ints.sum() == ints.max() == 2**64 - 1 and ints.min() == 0
    assert type(ints.mean()) is float


def test_out_may_be_an_ndarray_of_ours(segment, grid):
    row = segment.array("row", 4, "f8")
    assert grid.sum(axis=0, out=row).tolist() == row.tolist() == [12, 15, 18, 21]
    assert grid.sum(0, None, row[::-1]) is not None and row.tolist() == [21, 18, 15, 12]


UNARY = [
    "abs", "negative", "sqrt", "isfinite", "clip03", "round", "around", "sort", "argsort", "ravel", "transpose", "squeeze", "cumprod", "diagonal",
    "trace", "nonzero", "copy", "shape", "size", "ndim", "unique", "diff", "flip", "rot90", "tile2", "repeat2", "take0", "reshape26", "swapaxes01",
    "array_split2", "percentile50", "average", "histogram", "count_nonzero", "real", "imag", "isnan", "nanmax", "gradient", "concat", "stack", "where",
    "dot", "einsum", "linalg", "fft", "allclose", "searchsorted", "save", "expand_dims", "broadcast", "meshgrid", "compress", "choose",
]  # fmt: skip
CALLS = {
    "clip03": lambda a: np.clip(a, 0, 3), "tile2": lambda a: np.tile(a, 2), "repeat2": lambda a: np.repeat(a, 2), "take0": lambda a: np.take(a, [0, 5]),
    "reshape26": lambda a: np.reshape(a, (2, 6)), "swapaxes01": lambda a: np.swapaxes(a, 0, 1), "array_split2": lambda a: np.array_split(a, 2)[1],
    "percentile50": lambda a: np.percentile(a, 50), "histogram": lambda a: np.histogram(a)[0], "gradient": lambda a: np.gradient(a)[0],
    "concat": lambda a: np.concatenate([a, a]), "stack": lambda a: np.stack([a, a]), "where": lambda a: np.where(a > 3, a, 0),
    "dot": lambda a: np.dot(a, np.transpose(a)), "einsum": lambda a: np.einsum("ij->j", a), "linalg": lambda a: np.linalg.norm(a),
    "fft": lambda a: np.fft.fft(a), "allclose": lambda a: np.allclose(a, a), "searchsorted": lambda a: np.searchsorted(a[0], 2),
    "flip": lambda a: np.asarray(np.flip(a)), "save": lambda a: pickle.loads(pickle.dumps(np.asarray(a))), "expand_dims": lambda a: np.expand_dims(a, 0),
    "broadcast": lambda a: np.broadcast_to(a, (2, 3, 4)), "meshgrid": lambda a: np.meshgrid(a, a)[0], "nonzero": lambda a: np.nonzero(a)[1],
    "compress": lambda a: np.compress([True, False, True], a, axis=0), "choose": lambda a: np.choose([0, 1, 2, 0], a),
}  # fmt: skip


@pytest.mark.parametrize("which", UNARY)
def test_numpys_functions_take_it(grid, plain, which):
    function = CALLS.get(which) or getattr(np, which)
    same(function(grid), function(plain))


IN_PLACE = {
    "put": lambda a: np.put(a, [0, 5], 9), "sort": lambda a: a.sort(axis=0), "partition": lambda a: a.partition(2), "fill": lambda a: a.fill(4.5),
    "flat": lambda a: operator.setitem(a.flat, 3, 8), "diagonal": lambda a: np.fill_diagonal(a, 7), "T": lambda a: operator.setitem(a.T, (3, 0), 6),
    "reshape": lambda a: operator.setitem(a.reshape(-1), slice(2, 5), 1), "real": lambda a: operator.setitem(a.real, 0, 5),
    "view": lambda a: operator.setitem(a.view("i8"), 0, 0), "ravel": lambda a: operator.setitem(a.ravel(), -1, 3),
    "byteswap": lambda a: a.byteswap(True), "swapaxes": lambda a: operator.setitem(a.swapaxes(0, 1), 1, 2),
}  # fmt: skip


@pytest.mark.parametrize("which", IN_PLACE)
def test_what_changes_an_array_changes_the_shared_memory(segment, grid, plain, which):
    IN_PLACE[which](plain)
    IN_PLACE[which](grid)
    np.testing.assert_array_equal(np.asarray(segment.array("grid")), plain)


BINARY = "add sub mul truediv floordiv mod pow matmul lt le eq ne gt ge".split()
BITS = "and_ or_ xor lshift rshift".split()


@pytest.mark.parametrize("which", BINARY + BITS)
def test_operators_are_numpys(segment, which):
    dtype = "i8" if which in BITS else "f8"
    array, plain = segment.array("a", (3, 3), dtype), np.arange(1, 10).reshape(3, 3).astype(dtype)
    array[...] = plain
    function = getattr(operator, which)
    for other in (2, plain[0], [1, 2, 3], np.float64(2) if dtype == "f8" else np.int64(2), plain.T):
        for call in (lambda a, b=other: function(a, b), lambda a, b=other: function(b, a)):
            same(answer(call, array)[0], answer(call, plain)[0])
    same(function(array, array[::-1]), function(plain, plain[::-1]))
    np.testing.assert_array_equal(np.asarray(array), plain)  # the operands are as they were


@pytest.mark.parametrize("which", "iadd isub imul itruediv ifloordiv imod ipow imatmul iand ior ixor ilshift irshift".split())
def test_operators_in_place_change_the_shared_memory(segment, which):
    dtype = "i8" if which in ("iand", "ior", "ixor", "ilshift", "irshift") else "f8"
    array, plain = segment.array("a", (3, 3), dtype), np.arange(1, 10).reshape(3, 3).astype(dtype)
    array[...] = plain
    function = getattr(operator, which)
    for other in (2, plain[1].copy(), plain.copy()):
        if which == "imatmul" and np.ndim(other) < 2:
            continue
        assert function(array, other) is array
        function(plain, other)
        np.testing.assert_array_equal(np.asarray(segment.array("a")), plain)
    part = array[1:]
    part += 1 if dtype == "i8" else 1.0
    plain[1:] += 1
    np.testing.assert_array_equal(np.asarray(array), plain)


def test_unary_operators_and_divmod_are_numpys(grid, plain):
    for function in (operator.neg, operator.pos, operator.abs):
        same(function(grid), function(plain))
    same(divmod(grid, 5)[1], divmod(plain, 5)[1])
    same(divmod(20, grid[1:])[0], divmod(20, plain[1:])[0])
    same(~(grid > 3), ~(plain > 3))
    same(pow(2, grid), pow(2, plain))
    with pytest.raises(TypeError):
        pow(grid, 2, 3)


def test_an_array_that_an_operator_cannot_write_stays(segment, grid, name):
    readonly = shoal.open(name, readonly=True).array("grid")
    with pytest.raises(shoal.ReadOnly):
        readonly += 1
    with pytest.raises(shoal.ReadOnly):
        readonly.fill(1)
    with pytest.raises(TypeError):
        grid += "x"
    ints = segment.array("i", 3, "i8")
    with pytest.raises(TypeError):
        ints += 0.5
    assert ints.tolist() == [0, 0, 0] and grid[0].tolist() == [0, 1, 2, 3]


def test_elements_are_searched_for_as_in_numpy(grid, plain):
    for wanted in (7, 7.0, 7.5, "7", None, [4, 5, 6, 7], [4, 5], plain[1], np.float32(3)):
        assert answer(lambda array: wanted in array, grid)[0] == answer(lambda array: wanted in array, plain)[0], wanted


def test_comparison_is_element_by_element(grid, plain):
    same(grid == 7, plain == 7)
    same(grid != grid, plain != plain)
    same(grid == plain.tolist(), plain == plain.tolist())
    same(grid < plain.T[:3, :3][0, 0], plain < plain.T[:3, :3][0, 0])
    with pytest.raises(ValueError):
        bool(grid == grid)
    with pytest.raises(TypeError, match="unhashable"):
        hash(grid)


def test_an_array_of_one_element_is_true_or_false_and_a_number(segment):
    one = segment.array("one", (1, 1), "f8")
    assert not one and int(one) == 0
    one.fill(2.5)
    assert one and int(one) == 2 and float(one) == 2.5 and complex(one) == 2.5
    for shape in (0, 2, (2, 2)):
        array = segment.array(f"a{shape}", shape)
        with pytest.raises(ValueError, match=r"a\.any\(\)"):
            bool(array)
        for convert in (int, float, complex):
            with pytest.raises(TypeError, match="one element"):
                convert(array)
    with pytest.raises(TypeError):
        range(one)


@pytest.mark.parametrize("dtype", ["bool", "int8", "uint64", "float16", "float64", "complex64", "complex128"])
def test_the_one_element_is_a_complex_as_numpys_is(segment, dtype):
    one = segment.array("one", (1, 1), dtype)
    one.fill(1j if dtype.startswith("complex") else 1)
    assert complex(one) == complex(np.asarray(one)[0, 0]) != 0
    with pytest.raises(TypeError):
        complex(segment.array("text", 1, "S3"))


@dataclasses.dataclass
class Frame:
    pixels: shoal.NdArray
    parts: list


COPIES = {
    "copy.copy": copy.copy, "copy.deepcopy": copy.deepcopy, "a.copy()": lambda a: a.copy(), "in a list": lambda a: copy.deepcopy([a])[0],
    "in a dict in a tuple": lambda a: copy.deepcopy(({"a": a},))[0]["a"], "asdict": lambda a: dataclasses.asdict(Frame(a, []))["pixels"],
    "asdict, in a list": lambda a: dataclasses.asdict(Frame(a, [a]))["parts"][0], "astuple": lambda a: dataclasses.astuple(Frame(a, []))[0],
}  # fmt: skip


@pytest.mark.parametrize("way", COPIES)
@pytest.mark.parametrize("window", [(...,), (slice(None), slice(None, None, -2)), (1,), (slice(0, 0),)], ids=str)
def test_copies_are_private(grid, way, window):
    part = grid[window]
    made = COPIES[way](part)
    before = part.tolist()
    assert type(made) is shoal.NdArray and made.tolist() == before and made.dtype == part.dtype and made.shape == part.shape
    assert made.name is None and not made.readonly and not np.shares_memory(np.asarray(made), np.asarray(grid))
    made.fill(-1)
    assert part.tolist() == before
    grid.fill(5)
    assert made.size == 0 or made.max() == -1


def test_a_copy_of_a_readonly_array_may_be_written(grid, name):
    made = copy.deepcopy(shoal.open(name, readonly=True).array("grid"))
    made += 1
    assert made[0, 0] == 1 and grid[0, 0] == 0
    same(grid.copy("F"), np.asarray(grid).copy("F"))


def test_one_array_in_two_places_is_one_copy(grid):
    one, two = copy.deepcopy([grid, grid])
    assert one is two


def test_a_copy_outlives_the_segment(segment, grid):
    made = grid.copy()
    del segment["grid"], grid
    segment.close()
    assert made.sum() == 66 and pickle.loads(pickle.dumps(made)).sum() == 66


def test_fill_takes_one_element(segment, grid):
    grid[::2, 1].fill(9)
    assert grid[:, 1].tolist() == [9, 5, 9]
    for wrong in ([1, 2], np.ones(4), "x", None):
        with pytest.raises(TypeError):
            grid.fill(wrong)
    with pytest.raises(TypeError):
        grid.fill()
    with pytest.raises(OverflowError):
        segment.array("i", 2, "i1").fill(200)
    text = segment.array("s", 2, "S3")
    text.fill(b"ab")
    assert text.tolist() == [b"ab", b"ab"]


def test_an_array_of_numpy_is_pickled_as_a_copy(grid):
    array = pickle.loads(pickle.dumps(np.asarray(grid)))
    array[...] = 1
    assert grid[0, 0] == 0
    again = pickle.loads(pickle.dumps(grid))
    again.fill(1)
    assert grid[0, 0] == 1


def test_windows_without_elements_are_pickled_too(segment):
    for shape, index in [((4,), (slice(2, 2),)), ((4, 0), (slice(3, 4),)), ((0, 4, 1), (slice(None), slice(None, None, -1))), ((3, 1, 0), (1, 0))]:
        window = segment.array(f"of {shape}", shape, "c8")[index]
        again = pickle.loads(pickle.dumps(window))
        assert (again.shape, again.strides, again.dtype, again.tolist()) == (window.shape, window.strides, window.dtype, window.tolist())


def test_every_method_of_numpys_arrays_is_there_but_for_those_that_make_no_sense():
    ours = {name for name in dir(shoal.NdArray) if not name.startswith("_")}
    numpys = {name for name in dir(np.ndarray) if not name.startswith("_")}
    left_out = {"base", "device", "dump", "dumps", "getfield", "itemset", "mT", "newbyteorder", "resize", "setfield", "setflags", "to_device", "tostring"}
    assert numpys - ours <= left_out
    assert inspect.getattr_static(shoal.NdArray, "T").__doc__ == "numpy.asarray(a).T"


@pytest.mark.parametrize("dtype", ["i8", "f4", "S5", "?", "c16"])
@pytest.mark.parametrize("reader", ["array", "numpy", "turned", "of another dtype"])
def test_an_array_overlaps_itself_through_a_readonly_attach(segment, name, reader, dtype):
    if reader == "of another dtype" and dtype != "i8":
        dtype = "i4"
    written, read = segment.array("a", 1000, dtype), shoal.open(name, readonly=True).array("a")
    plain = np.arange(1000).astype(dtype)
    for by in (0, 1, 2, 7, 500, 999):
        for step in (1, 2, -1):
            written[...] = plain
            expected = plain.copy()
            source = read[: 1000 - by][::step]
            if reader == "numpy":
                source = np.asarray(source)
            elif reader == "turned":
                source = np.asarray(read)[::-1][by:][::-1][::step]
            elif reader == "of another dtype":
                source = np.asarray(source).view("u8" if dtype == "i8" else "u4")
            expected[by : by + len(source)] = plain[: 1000 - by][::step]
            written[by : by + len(source)] = source
            np.testing.assert_array_equal(np.asarray(written), expected)


def test_an_operator_in_place_sees_the_same_memory_through_a_readonly_attach(segment, name):
    written, read = segment.array("a", 1000, "i8"), shoal.open(name, readonly=True).array("a")
    turned = np.dtype("i8").newbyteorder()
    for source in (lambda: read[:-1], lambda: np.asarray(read)[:-1], lambda: np.asarray(read).view("m8[s]")[:-1].view("i8"),
                   lambda: np.asarray(read).byteswap().view(turned)[:-1]):
        plain = np.arange(1000)
        written[...] = plain
        part = written[1:]
        part += source()
        plain[1:] += plain[:-1].copy()
        np.testing.assert_array_equal(np.asarray(written), plain)


def test_an_array_assigned_to_its_name_may_be_the_one_of_a_readonly_attach(segment, name):
    written, read = segment.array("a", 1000, "i8"), shoal.open(name, readonly=True).array("a")
    for source in (read[::-1], np.asarray(read)[::-1]):
        written[...] = np.arange(1000)
        segment["a"] = source
        assert written.tolist() == list(range(999, -1, -1))


@pytest.mark.parametrize("dtype", "? i1 i2 i4 i8 u1 u2 u4 u8 f2 f4 f8 c8 c16 S3".split())
def test_elements_are_of_the_types_that_numpy_has_names_for(segment, dtype):
    array = segment.array("a", 2, dtype)
    assert type(np.asarray(array)[0]) is type(np.zeros(2, dtype)[0])
    assert memoryview(array).format == memoryview(np.zeros(2, dtype)).format


def test_an_operator_in_place_sees_the_same_memory_in_another_byte_order(segment, name):
    written, read = segment.array("a", 100, "i8"), np.asarray(shoal.open(name, readonly=True).array("a"))
    turned = read.view(np.dtype("i8").newbyteorder())
    plain = np.arange(100)
    written[...] = plain
    plain[1:] += turned[:-1].copy()
    part = written[1:]
    part += turned[:-1]
    assert written.tolist() == plain.tolist()
