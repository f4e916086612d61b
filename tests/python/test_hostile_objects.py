"""Objects whose methods answer with anything, or change what is being looked at, end in an exception and nothing worse."""

import ctypes
import datetime
import itertools
import pickle

import pytest

import shoal
from shoal._shoal import _reopen, _Wait


class Answering(datetime.datetime):
    """A datetime whose utcoffset() is whatever was assigned."""

    answer = None

    def utcoffset(self):
        return self.answer


@pytest.mark.parametrize("answer", [5, "+01:00", (1, 2, 3), 1.5])
def test_a_utcoffset_that_is_no_timedelta_is_refused(segment, answer):
    moment = Answering(2020, 1, 1)
    moment.answer = answer
    with pytest.raises(TypeError, match="utcoffset"):
        segment["t"] = moment
    assert "t" not in segment


def test_an_array_that_stays_in_foreign_byte_order_is_refused(python):
    """It converts itself to itself, again and again."""
    assert python("""
import numpy, shoal
class Stubborn(numpy.ndarray):
    def astype(self, *_, **__):
        return self
array = numpy.zeros(3, ">f8").view(Stubborn)
with shoal.create() as segment:
    for store in (lambda: segment.__setitem__("a", array), lambda: segment.__setitem__("l", [array])):
        try:
            store()
        except TypeError as error:
            print("byte order" in str(error))
""").split() == ["True", "True"]


def test_an_array_of_ctypes_tells_no_strides(segment):
    array = segment.array("a", (3, 2), "int16")
    array[...] = ((ctypes.c_int16 * 2) * 3)((1, 2), (3, 4), (5, 6))
    assert array.tolist() == [[1, 2], [3, 4], [5, 6]]
    array[1] = (ctypes.c_int16 * 2)(7, 8)
    assert array.tolist() == [[1, 2], [7, 8], [5, 6]]
    array[...] = ctypes.c_int16(9)
    assert array.tolist() == [[9, 9]] * 3
    with pytest.raises(shoal.TypeMismatch):
        array[...] = (ctypes.c_int16 * 3)(1, 2, 3)


def test_a_pickled_window_cannot_be_larger_than_the_array(segment):
    """Strides of 0 make a window of any shape fit; its size may not wrap to a small one."""
    array = segment.array("a", 8)
    origin, name, kind, (dtype, offset, shape, strides) = array.__reduce__()[1]
    for shape in ((2**32, 2**32), (2**62, 4), (2**31, 2**31, 2**31), (9,)):
        with pytest.raises(shoal.TypeMismatch, match="does not fit"):
            _reopen(origin, name, kind, (dtype, 0, shape, (0,) * len(shape)))


def test_a_pickled_window_lies_on_elements(segment):
    array = segment.array("a", 8)
    origin, name, kind, _ = array.__reduce__()[1]
    for offset, stride in ((1, 8), (0, 3), (4, 8)):
        with pytest.raises(shoal.TypeMismatch, match="does not fit"):
            _reopen(origin, name, kind, ("float64", offset, (2,), (stride,)))
    assert pickle.loads(pickle.dumps(array[6::-2])).strides == (-16,)


def test_a_shape_is_read_no_further_than_arrays_have_dimensions(segment):
    with pytest.raises(ValueError, match="at most 32 dimensions"):
        segment.array("a", itertools.repeat(1))
    with pytest.raises(ValueError, match="at most 32 dimensions"):
        segment.array("a", range(10**12))
    assert segment.array("a", (n for n in (2, 3))).shape == (2, 3)


def test_a_shape_that_changes_while_it_is_read(segment):
    shape = [2]

    class Growing:
        def __index__(self):
            shape.append(self)
            return 1

    class Shrinking:
        def __index__(self):
            shape.clear()
            return 3

    shape.append(Growing())
    with pytest.raises(ValueError, match="at most 32 dimensions"):
        segment.array("a", shape)
    shape[:] = [Shrinking(), 2, 2]
    assert segment.array("b", shape).shape == (3,)


def test_a_wait_is_for_what_its_object_has(segment):
    """The waits of asyncio's tasks, asked for what their object does not have."""
    lock, event = segment.lock("l"), segment.event("e")
    counter, barrier = segment.counter("c"), segment.barrier("b", 2)
    for handle, operation in ((lock, 6), (event, 6), (counter, 6), (barrier, 6), (lock, 99), (event, 1), (lock, -1)):
        with pytest.raises((TypeError, ValueError, shoal.Error)):
            _Wait(handle, operation, 0)
    wait = _Wait(event, 4, 1)
    for wrong in (wait.end, wait.let_pass):
        with pytest.raises((TypeError, ValueError, shoal.Error)):
            wrong()
    for handle in (event, counter, barrier):
        with pytest.raises((TypeError, shoal.Error)):
            _Wait.holds(handle)


def test_a_module_that_calls_itself_numpy_is_no_danger(python):
    assert python("""
import sys, types, shoal
class Dtype:
    str = 5
sys.modules["numpy"] = types.SimpleNamespace(ndarray=list, generic=int, dtype=lambda *_: Dtype, empty=lambda *_: bytearray(1))
with shoal.create() as segment:
    try:
        segment.array("a", 3, object)
    except TypeError:
        print("dtype")
    segment.array("a", 300)
    segment["copy"] = [segment["a"]]
    try:
        segment["copy"]
    except ValueError:
        print("copy")
""").split() == ["dtype", "copy"]


def test_storing_that_stores_itself_ends_in_an_exception(python):
    """Each level of storing has 500 levels of containers: the stack has an end."""
    assert python("""
import datetime, shoal
class Storing(datetime.datetime):
    def utcoffset(self):
        store(self)
def store(item):
    for _ in range(500):
        item = [item]
    segment["deep"] = item
with shoal.create() as segment:
    try:
        store(Storing(2020, 1, 1))
    except RecursionError:
        print("ended")
""") == "ended"
