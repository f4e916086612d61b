import shoal

from kinds.driver import Kind


class NdArray(Kind):
    cls, opener, alike = shoal.NdArray, "array", False
    others = [(4, "i4"), (3, "f8"), ((3, 1), "i4")]
    impossible = [((-1,), ValueError), ((1.5,), TypeError), ((1, "U5"), ValueError), ((1, "f8", 4), TypeError)]
    kept = ("name", "shape", "dtype", "strides")
    properties = (*kept, "ndim", "size", "nbytes", "itemsize", "readonly")
    looks = [lambda array: array[0], lambda array: array.tolist(), lambda array: array.sum(), lambda array: bytes(array)]
    changes = [lambda array: array.__setitem__(0, 9), lambda array: array.__setitem__(slice(None), 9), lambda array: array.fill(1)]

    def parameters(self, segment):
        return dict(shape=3, dtype="i4")

    def use(self, array):
        array[1] = 7
        assert array.tolist() == [0, 7, 0]
        array.fill(0)


DRIVER = NdArray()
