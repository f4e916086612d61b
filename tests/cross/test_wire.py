"""What is stored is MessagePack: decoders that were not written here read it."""

import base64
import datetime
import os
import pathlib
import struct

import msgpack
import numpy as np
import pytest
from conftest import Peer, Refused
from hypothesis import given
from hypothesis import strategies as st
from library import Reader
from values import REMARKABLE, as_php_array, containers, describe, describe_for_php, floats, integers, texts, values

DTYPE_NUMBERS = ["bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float16", "float32",
                 "float64", "complex64", "complex128"]


@pytest.fixture(scope="module")
def reader(segment):
    made = Reader(segment.name)
    yield made
    made.close()


@pytest.fixture(scope="module")
def php_msgpack():
    peer = Peer(os.environ.get("PHP", "php"), "-n", "-d", "extension=msgpack.so", "-d", "memory_limit=1G",
                str(pathlib.Path(__file__).with_name("decode.php")))
    yield peer
    peer.end()


def unpacked(stored: bytes):
    return msgpack.unpackb(stored, timestamp=3, strict_map_key=False)


@given(value=values)
def test_python_msgpack_decodes_what_python_stored(segment, reader, value):
    segment["wire"] = value
    assert describe(unpacked(reader.stored("wire"))) == describe(value)


@given(value=values)
def test_python_msgpack_decodes_what_php_stored(segment, reader, php, value):
    php("store", name="wire", value=describe_for_php(value))
    assert describe(unpacked(reader.stored("wire"))) == describe(as_php_array(value))


@given(value=values)
def test_both_languages_store_the_same_bytes(segment, reader, php, value):
    value = as_php_array(value)
    segment["wire"] = value
    php("store", name="wire of PHP", value=describe_for_php(value))
    assert reader.stored("wire") == reader.stored("wire of PHP")


@given(value=containers(st.none() | st.booleans() | integers | floats | texts | st.binary(max_size=40)))
def test_php_msgpack_decodes_what_python_stored(segment, reader, php_msgpack, value):
    segment["wire"] = value
    got = php_msgpack("decode", bytes=base64.b64encode(reader.stored("wire")).decode())
    assert got == describe(as_php_array(value))


@pytest.mark.parametrize("value", [value for value in REMARKABLE if not isinstance(value, datetime.datetime)],
                         ids=lambda value: f"{type(value).__name__} {value!r}"[:30])
def test_php_msgpack_decodes_remarkable_values(segment, reader, php_msgpack, value):
    segment["wire"] = value
    assert php_msgpack("decode", bytes=base64.b64encode(reader.stored("wire")).decode()) == describe(as_php_array(value))


@pytest.mark.parametrize("number, dtype", enumerate(DTYPE_NUMBERS, 1))
def test_an_array_is_an_extension_with_a_header_that_anybody_can_read(segment, reader, number, dtype):
    array = np.arange(6).astype(dtype).reshape(2, 3)
    segment["wire"] = array
    extension = unpacked(reader.stored("wire"))
    assert extension.code == 1
    header = struct.unpack("<BBHIQQ", extension.data[:24])
    assert header == (number, 2, 0, array.itemsize, 2, 3)
    assert extension.data[-array.nbytes:] == array.tobytes() and len(extension.data) == 24 + array.nbytes


def test_the_reader_is_one_that_can_say_no(segment, reader):
    with pytest.raises((AssertionError, Refused)):
        reader.stored("nothing of that name")
