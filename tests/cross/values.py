"""What a value looks like from each language, and values to try."""

import base64
import datetime
import math
import struct
import sys

import numpy as np
from hypothesis import strategies as st

sys.setrecursionlimit(5000)  # for values that are nested more than 512 deep


def describe(value) -> list:
    """The same descriptions as describe() of echo.php."""
    if value is None:
        return ["n"]
    if isinstance(value, (bool, np.bool_)):
        return ["b", bool(value)]
    if isinstance(value, int):
        return ["i", str(value)]
    if isinstance(value, float):
        return ["f", "nan" if math.isnan(value) else struct.pack(">d", value).hex()]
    if isinstance(value, (str, bytes)):
        return ["s", base64.b64encode(value.encode() if isinstance(value, str) else value).decode()]
    if isinstance(value, (list, tuple)):
        return ["l", [describe(item) for item in value]]
    if isinstance(value, dict):
        return ["m", [[describe(key), describe(item)] for key, item in value.items()]]
    if isinstance(value, datetime.datetime):
        since = value - datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
        return ["t", str(since // datetime.timedelta(seconds=1)), f"{since.microseconds:06}"]
    if isinstance(value, np.ndarray):
        return ["a", value.dtype.name if value.dtype.kind != "S" else f"S{value.dtype.itemsize}", list(value.shape),
                base64.b64encode(value.tobytes()).decode()]
    raise TypeError(type(value))


def describe_for_php(value) -> list:
    """To build it over there: bytes are marked as such."""
    if isinstance(value, bytes):
        return ["y", base64.b64encode(value).decode()]
    if isinstance(value, (list, tuple)):
        return ["l", [describe_for_php(item) for item in value]]
    if isinstance(value, dict):
        return ["m", [[describe(key), describe_for_php(item)] for key, item in value.items()]]
    return describe(value)


def as_php_array(value):
    """What a PHP array makes of lists and dicts: numeric text keys are ints, and 0, 1, 2, … in order is a list."""
    if isinstance(value, (list, tuple)):
        return [as_php_array(item) for item in value]
    if not isinstance(value, dict):
        return value
    converted = {}
    for key, item in value.items():
        converted[php_key(key)] = as_php_array(item)
    return list(converted.values()) if list(converted) == list(range(len(converted))) else converted


def php_key(key):
    if isinstance(key, str) and key.isascii() and key.lstrip("-").isdigit() and str(int(key)) == key and -(2**63) <= int(key) < 2**63:
        return int(key)
    return key


def text_where_it_can_be(value):
    """PHP has one string type: bytes that are valid UTF-8 come out of it as text."""
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            return value
    if isinstance(value, list):
        return [text_where_it_can_be(item) for item in value]
    if isinstance(value, dict):
        return {key: text_where_it_can_be(item) for key, item in value.items()}
    return value


integers = st.integers(-(2**63), 2**63 - 1) | st.sampled_from([0, -1, 127, 128, -32, -33, 255, 256, 2**31, 2**32, 2**63 - 1, -(2**63)])
floats = st.floats(allow_nan=False) | st.sampled_from([-0.0, float("nan"), 5e-324, 1.7976931348623157e308])
texts = st.text(st.characters(exclude_categories=("Cs",)), max_size=40) | st.sampled_from(["", "\0", "a\0b", "😀𝒳", "Grüße"])
times = st.datetimes(min_value=datetime.datetime(1, 1, 2), max_value=datetime.datetime(9999, 12, 30),
                     timezones=st.just(datetime.timezone.utc))
no_texts = st.binary(max_size=12).map(lambda end: b"\xff" + end)  # PHP has such keys
keys = texts | integers | no_texts
scalars = st.none() | st.booleans() | integers | floats | texts | st.binary(max_size=40) | times


def dictionaries(inner):
    """Without keys that are one to PHP: such a dict is refused."""
    return st.dictionaries(keys, inner, max_size=6).filter(lambda made: len(set(map(php_key, made))) == len(made))


def containers(leaves):
    return st.recursive(leaves, lambda inner: st.lists(inner, max_size=6) | dictionaries(inner), max_leaves=25)


values = containers(scalars)


def nested(depth: int):
    value = "bottom"
    for level in range(depth):
        value = [value] if level % 2 else {"level": value}
    return value


REMARKABLE = [
    None, True, False, 0, -1, 2**63 - 1, -(2**63), 0.0, -0.0, float("nan"), float("inf"), -float("inf"), 5e-324, "", "\0",
    "a\0b", "😀", "Grüße", "x" * 70000, b"\xff\xfe", b"\x00\xff", [], [[]], [[], [[]]], [None], {"a": None}, {5: "five"},
    {"z": 1, "a": 2, "m": 3}, {-1: "minus"}, {"": "empty"}, {"a\0b": 1}, list(range(20)), list(range(70000)),
    {f"key {n}": n for n in range(20)}, {n + 1: n for n in range(70000)}, nested(100),
    datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc), datetime.datetime(1969, 12, 31, 23, 59, 59, 999999, datetime.timezone.utc),
    datetime.datetime(2038, 1, 19, 3, 14, 8, tzinfo=datetime.timezone.utc), datetime.datetime(2514, 5, 31, 1, 53, 4, 1, datetime.timezone.utc),
    datetime.datetime(1, 1, 2, tzinfo=datetime.timezone.utc),
]
