"""numpy is not required: where it cannot be imported, arrays come back as detached NdArrays."""

HEAD = """if True:
    import sys
    sys.modules["numpy"] = None
    import array, pickle, shoal
    seg = shoal.create(size="4M")
"""


def test_an_array_value_comes_back_detached(python):
    python(HEAD + """
    live = seg.array("a", (2, 3), "i4")
    live[...] = [[1, 2, 3], [4, 5, 6]]
    seg["v"] = {"copy": live, "window": live[:, ::2]}
    live[0, 0] = 9
    value = seg["v"]
    copy, window = value["copy"], value["window"]
    assert type(copy) is shoal.NdArray and copy.tolist() == [[1, 2, 3], [4, 5, 6]] and copy.name is None
    assert window.tolist() == [[1, 3], [4, 6]] and "detached" in repr(copy)
    copy[0, 0] = 7
    assert copy.sum() == 27 and copy[1].tolist() == [4, 5, 6] and copy.shape == (2, 3) and not copy.readonly
    assert live[0, 0] == 9
    seg["a"] = copy
    assert live.tolist() == copy.tolist()
    again = pickle.loads(pickle.dumps(copy[:, 1:]))
    assert again.tolist() == [[2, 3], [5, 6]]
    memory = memoryview(copy)
    del copy, value
    assert memory[0, 0] == 7 and memory.shape == (2, 3)
    """)


def test_a_dtype_is_its_name(python):
    python(HEAD + """
    for dtype in ("float64", "bool", "S12", "complex64"):
        made = seg.array(dtype, 3, dtype)
        assert made.dtype == dtype and type(made.dtype) is str
    assert seg.array("f", 3, float).dtype == "float64"
    try:
        seg.array("x", 3, object())
    except TypeError:
        pass
    else:
        raise AssertionError
    """)


def test_other_buffers_are_assigned_and_others_values_refused(python):
    python(HEAD + """
    made = seg.array("a", 3, "f8")
    made[...] = array.array("i", [1, 2, 3])
    made[1:] = memoryview(array.array("d", [5, 6]))
    assert made.tolist() == [1, 5, 6]
    for bad in (array.array("i", [1]), {1}, 1j):
        try:
            seg["v"] = [bad]
        except TypeError as error:
            assert str(error).startswith("[0]: "), error
        else:
            raise AssertionError(bad)
    """)


def test_empty_and_zero_dimensional_arrays_come_back(python):
    python(HEAD + """
    for shape in ((), (0,), (2, 0, 3)):
        made = seg.array("a", shape, "i2")
        seg["v"] = made
        back = seg["v"]
        assert back.shape == shape and back.tolist() == made.tolist()
        del seg["a"]
    """)
