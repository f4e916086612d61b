import numpy as np
import pytest

torch = pytest.importorskip("torch")

DTYPES = "bool int8 int16 int32 int64 uint8 float16 float32 float64 complex64 complex128".split()


@pytest.mark.parametrize("dtype", DTYPES)
def test_torch_shares_the_memory(segment, dtype):
    array = segment.array("a", (3, 4), dtype)
    np.asarray(array)[...] = np.arange(12).reshape(3, 4).astype(dtype)
    tensor = torch.from_dlpack(array)
    assert tensor.dtype is getattr(torch, dtype) and tuple(tensor.shape) == (3, 4)
    assert tensor.tolist() == array.tolist()
    tensor[1, 2] = 0
    assert array[1, 2] == 0
    array[0, 0] = 1
    assert tensor[0, 0] == 1
    assert tensor.data_ptr() == array.__array_interface__["data"][0]


def test_torch_sees_a_window(segment):
    array = segment.array("a", (4, 6), "float32")
    np.asarray(array)[...] = np.arange(24).reshape(4, 6)
    window = array[1::2, ::3]
    assert torch.from_dlpack(window).tolist() == window.tolist()
    assert torch.from_dlpack(window).stride() == (12, 3)


def test_a_tensor_outlives_the_segment(segment):
    tensor = torch.from_dlpack(segment.array("a", 1000, "int64"))
    tensor += 3
    del segment["a"]
    segment.close()
    assert int(tensor.sum()) == 3000


def test_a_result_of_torch_is_copied_in(segment):
    array = segment.array("a", (2, 2), "float64")
    array[...] = (torch.ones(2, 2, dtype=torch.float64) * 2.5).numpy()
    assert array.tolist() == [[2.5, 2.5], [2.5, 2.5]]
    array[0, 0] = torch.tensor(1.5)
    assert array[0, 0] == 1.5
