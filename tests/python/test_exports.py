"""How others see an array without a copy: the buffer protocol, __array_interface__, DLPack."""

import ctypes
import gc
import struct

import numpy as np
import pytest

import shoal

DTYPES = "bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 float32 float64 complex64 complex128".split()


@pytest.fixture
def reader(segment, name):
    with shoal.open(name, readonly=True) as made:
        yield made


@pytest.mark.parametrize("dtype", [*DTYPES, "S1", "S12"])
@pytest.mark.parametrize("shape", [(), (4,), (2, 3), (0, 3)])
def test_the_buffer_is_as_numpys(segment, dtype, shape):
    array = segment.array("a", shape, dtype)
    ours, theirs = memoryview(array), memoryview(np.zeros(shape, dtype))
    for fact in ("shape", "strides", "itemsize", "ndim", "nbytes", "readonly", "c_contiguous", "f_contiguous", "suboffsets"):
        assert getattr(ours, fact) == getattr(theirs, fact), fact
    letters = str.maketrans("lL", "qQ")  # two letters for the same eight bytes
    assert ours.format.lstrip("1").translate(letters) == theirs.format.lstrip("1").translate(letters)
    assert ours.format[0] == "Z" or struct.calcsize(ours.format) == ours.itemsize


def test_numpy_shares_the_memory(segment):
    array = segment.array("a", (2, 3), "i4")
    view = np.asarray(array)
    view[1, 2] = 7
    assert array[1, 2] == 7
    array[0, 0] = 8
    assert view[0, 0] == 8 and np.shares_memory(view, np.asarray(array[:, ::2]))
    assert view.flags.writeable and not view.flags.owndata


def test_a_window_keeps_its_strides(segment):
    array = segment.array("a", (4, 6), "i2")
    np.asarray(array)[...] = np.arange(24).reshape(4, 6)
    window = array[::-2, 1::2]
    assert np.asarray(window).tolist() == np.arange(24).reshape(4, 6)[::-2, 1::2].tolist()
    assert np.asarray(window).strides == window.strides == (-24, 4)


def test_consumers_get_no_more_than_they_can_take(segment, reader):
    array = segment.array("a", (4, 6), "i2")
    assert bytes(array) == bytes(48)
    with pytest.raises((BufferError, TypeError)):
        ctypes.c_char.from_buffer(array[:, ::2])
    with pytest.raises((BufferError, TypeError)):
        ctypes.c_char.from_buffer(reader["a"])
    ctypes.c_char.from_buffer(array).value = b"\x05"
    assert array[0, 0] == 5
    with open("/dev/null", "wb") as null:
        null.write(array)
        with pytest.raises(BufferError):
            null.write(array[:, ::2])


def test_a_readonly_array_gives_readonly_views(segment, reader):
    segment.array("a", 3)[:] = [1, 2, 3]
    array = reader["a"]
    assert memoryview(array).readonly and not np.asarray(array).flags.writeable
    with pytest.raises(ValueError):
        np.asarray(array)[0] = 1
    with pytest.raises(TypeError):
        memoryview(array)[0] = 1.0


def test_the_array_interface_tells_the_same(segment, reader):
    class Only:
        def __init__(self, array):
            self.__array_interface__ = array.__array_interface__
            self.kept = array

    for dtype in [*DTYPES, "S3"]:
        array = segment.array(dtype, (3, 4), dtype)
        interface = array.__array_interface__
        assert interface["typestr"] == np.dtype(dtype).str and interface["version"] == 3
        assert interface["shape"] == (3, 4) and interface["strides"] is None
        for window in (array, array[::2, ::-1], reader[dtype][1:]):
            view = np.asarray(Only(window))
            assert np.shares_memory(view, np.asarray(window)) or view.flags.writeable is False
            assert view.dtype == window.dtype and view.shape == window.shape and view.strides == window.strides
            assert view.flags.writeable is not window.readonly


@pytest.mark.parametrize("dtype", DTYPES)
def test_numpy_takes_it_through_dlpack(segment, dtype):
    array = segment.array("a", (3, 4), dtype)
    np.asarray(array)[...] = np.arange(12).reshape(3, 4).astype(dtype)
    for window in (array, array[1:, ::2], array[0], array[::-1]):
        view = np.from_dlpack(window)
        assert view.dtype == dtype and view.tolist() == window.tolist()
        assert view.strides == window.strides and np.shares_memory(view, np.asarray(window))


def test_the_dlpack_device_is_the_cpu(segment):
    assert segment.array("a", 3).__dlpack_device__() == (1, 0)


def capsule_name(capsule):
    get = ctypes.pythonapi.PyCapsule_GetName
    get.restype, get.argtypes = ctypes.c_char_p, [ctypes.py_object]
    return get(capsule)


class Versioned(ctypes.Structure):
    _fields_ = [("major", ctypes.c_uint32), ("minor", ctypes.c_uint32), ("context", ctypes.c_void_p),
                ("deleter", ctypes.c_void_p), ("flags", ctypes.c_uint64), ("data", ctypes.c_void_p)]  # fmt: skip


def versioned_of(capsule):
    get = ctypes.pythonapi.PyCapsule_GetPointer
    get.restype, get.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    return Versioned.from_address(get(capsule, b"dltensor_versioned"))


def test_the_consumer_chooses_the_form_of_dlpack(segment):
    array = segment.array("a", 3)
    assert capsule_name(array.__dlpack__()) == b"dltensor"
    assert capsule_name(array.__dlpack__(max_version=(0, 8))) == b"dltensor"
    for version in ((1, 0), (1, 1), (2, 0)):
        capsule = array.__dlpack__(stream=None, max_version=version, dl_device=(1, 0), copy=False)
        assert capsule_name(capsule) == b"dltensor_versioned"
        tensor = versioned_of(capsule)
        assert (tensor.major, tensor.flags) == (1, 0)
        assert tensor.data == array.__array_interface__["data"][0]


def test_a_readonly_array_says_so_in_dlpack(segment, reader):
    segment.array("a", 3)
    array = reader["a"]
    assert versioned_of(array.__dlpack__(max_version=(1, 0))).flags == 1
    with pytest.raises(BufferError, match="readonly"):
        array.__dlpack__()
    assert not np.from_dlpack(array).flags.writeable if np.lib.NumpyVersion(np.__version__) >= "2.1.0" else True


def test_dlpack_copies_when_asked(segment, reader):
    array = segment.array("a", 3)
    array[...] = 5
    capsule = reader["a"].__dlpack__(max_version=(1, 0), copy=True)
    tensor = versioned_of(capsule)
    assert tensor.flags == 2 and tensor.data != array.__array_interface__["data"][0]
    assert ctypes.c_double.from_address(tensor.data).value == 5


def test_what_dlpack_cannot_say_is_a_buffer_error(segment):
    with pytest.raises(BufferError):
        segment.array("s", 3, "S4").__dlpack__()
    array = segment.array("a", 3)
    for wrong in ({"dl_device": (2, 0)}, {"dl_device": (1, 1)}, {"stream": 1}):
        with pytest.raises(BufferError):
            array.__dlpack__(**wrong)
    for wrong in ({"dl_device": 1}, {"max_version": 1}, {"other": 1}):
        with pytest.raises(TypeError):
            array.__dlpack__(**wrong)


def test_a_dlpack_view_outlives_everything(name):
    seg = shoal.create(name, "4M")
    array = seg.array("a", 1000, "i4")
    array[...] = 7
    view, capsule = np.from_dlpack(array), array.__dlpack__()
    del seg["a"]
    seg.close()
    del array, seg
    gc.collect()
    assert view.sum() == 7000
    del view, capsule
    gc.collect()


def test_an_export_keeps_the_array_alive(segment):
    views = [np.asarray(segment.array("a", 100, "i4")) for _ in range(10)]
    del segment["a"]
    gc.collect()
    segment.array("b", 100, "i4")[...] = 9
    assert all(view.sum() == 0 for view in views)
