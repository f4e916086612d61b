"""A value stored by one language and read by the other."""

import datetime
import os
import subprocess

import numpy as np
import pytest
from conftest import Refused
from hypothesis import given
from hypothesis import strategies as st
from values import REMARKABLE, as_php_array, describe, describe_for_php, nested, no_texts, php_key, text_where_it_can_be, values

import shoal


def show(value) -> str:
    return f"{type(value).__name__} {value!r}"[:30]


def php_reads(segment, php, value):
    segment["value"] = value
    assert php("describe", name="value") == describe(as_php_array(value))


def python_reads(segment, php, value):
    php("store", name="value", value=describe_for_php(value))
    got, expected = segment["value"], as_php_array(value)
    assert describe(got) == describe(expected)
    assert kinds(got) == kinds(expected)


def round_trip(segment, php, value):
    segment["value"] = value
    php("echo", name="value", to="echo")
    got, expected = segment["echo"], text_where_it_can_be(as_php_array(value))
    assert describe(got) == describe(expected)
    assert kinds(got) == kinds(expected)


def kinds(value):
    """The Python types, in the same nesting: a description calls text and bytes alike."""
    if isinstance(value, list):
        return [kinds(item) for item in value]
    if isinstance(value, dict):
        return [(type(key), kinds(item)) for key, item in value.items()]
    return type(value)


@given(value=values)
def test_php_reads_what_python_stored(segment, php, value):
    php_reads(segment, php, value)


@given(value=values)
def test_python_reads_what_php_stored(segment, php, value):
    python_reads(segment, php, value)


@given(value=values)
def test_a_value_survives_the_round_trip_through_php(segment, php, value):
    round_trip(segment, php, value)


@pytest.mark.parametrize("value", REMARKABLE, ids=show)
@pytest.mark.parametrize("way", [php_reads, python_reads, round_trip])
def test_remarkable_values(segment, php, way, value):
    way(segment, php, value)


def test_key_order_is_kept(segment, php):
    keys = ["z", "a", "m", "B", "0x", "ä"]
    segment["order"] = {key: n for n, key in enumerate(keys)}
    php("echo", name="order", to="order again")
    assert list(segment["order again"]) == keys


NEARLY_NUMBERS = st.from_regex(r"[-+ ]?[0-9]{0,3}[.e ]?[0-9]{0,2}", fullmatch=True) | st.integers(-(2**64), 2**64).map(str) | \
    st.integers(2**63 - 3, 2**63 + 3).flatmap(lambda number: st.sampled_from([str(number), str(-number)]))


@given(text=NEARLY_NUMBERS)
def test_python_refuses_a_text_beside_the_number_that_it_is_in_php(segment, php, text):
    php("store", name="keys", value=["m", [[describe(text), ["n"]]]])
    got = segment["keys"]
    key = 0 if isinstance(got, list) else next(iter(got))  # 0 alone makes a list
    assert key == php_key(text) and type(key) is type(php_key(text))
    for value in ({text: 1, "x": 2, 10**6: 3}, {text: 1, key: 2}):
        if len(set(map(php_key, value))) == len(value):
            segment["keys"] = value
            assert php("describe", name="keys") == describe(as_php_array(value))
        else:
            with pytest.raises(ValueError, match="one key in PHP"):
                segment["keys"] = value


@given(key=no_texts)
def test_a_key_that_is_no_text_goes_there_and_back(segment, php, key):
    value = {"a": [{key: 1, "b": None}]}
    php("store", name="of PHP", value=describe_for_php(value))
    assert segment["of PHP"] == value
    segment["of Python"] = segment["of PHP"]
    php("echo", name="of Python", to="back")
    assert php("describe", name="back") == php("describe", name="of PHP") == describe(value)
    assert segment["back"] == value


@pytest.mark.parametrize("seconds", [-62135596801, 253402300800, 2**63 - 1, -(2**63)])
def test_a_time_that_only_one_language_has_is_refused_by_it(segment, php, seconds):
    with pytest.raises(Refused, match=r"ArithmeticError: \[0\]: a time that is outside of the years 1 to 9999") as refused:
        php("store", name="far", value=["l", [["t", str(seconds), "0"]]])
    assert refused.value.kind == "ArithmeticError" and "far" not in segment


@pytest.mark.parametrize("time", [datetime.datetime.min, datetime.datetime.max])
def test_the_first_and_the_last_time_go_there_and_back(segment, php, time):
    segment["edge"] = [time.replace(tzinfo=datetime.timezone.utc)]
    php("echo", name="edge", to="edge again")
    assert segment["edge again"] == segment["edge"] == [time.replace(tzinfo=datetime.timezone.utc)]


def test_bytes_stay_bytes_when_php_says_so(segment, php):
    php("store", name="bytes", value=["y", "YWJj"])
    assert segment["bytes"] == b"abc"
    php("store", name="text", value=["s", "YWJj"])
    assert segment["text"] == "abc"
    php("store", name="not text", value=["s", "//4="])
    assert segment["not text"] == b"\xff\xfe"


def test_times_keep_the_instant_not_the_zone(segment, php):
    zone = datetime.timezone(datetime.timedelta(hours=5, minutes=30))
    when = datetime.datetime(2024, 2, 29, 12, 0, 0, 123456, zone)
    segment["time"] = when
    assert php("describe", name="time") == describe(when)
    php("echo", name="time", to="time again")
    assert segment["time again"] == when


@pytest.mark.parametrize("dtype", ["bool", "int8", "uint64", "float16", "float64", "complex64", "complex128", "S5"])
@pytest.mark.parametrize("shape", [(3,), (2, 3), (0,), (2, 0, 3), ()])
def test_an_array_inside_a_value_is_copied_both_ways(segment, php, dtype, shape):
    count = int(np.prod(shape))
    array = np.arange(count).astype(dtype).reshape(shape)
    segment["with array"] = {"name": "x", "array": array}
    assert php("describe", name="with array") == describe({"name": "x", "array": array})
    php("echo", name="with array", to="again")
    again = np.asarray(segment["again"]["array"])
    assert again.dtype == array.dtype and again.shape == array.shape and again.tobytes() == array.tobytes()


def test_what_is_too_deep_is_refused_by_both_and_the_old_value_stays(segment, php):
    segment["deep"] = nested(500)
    with pytest.raises(ValueError):
        segment["deep"] = nested(513)
    with pytest.raises(Refused) as refused:
        php("store", name="deep", value=describe(nested(513)))
    assert refused.value.kind == "ValueError"
    assert segment["deep"] == nested(500)


def test_names_of_any_text_are_the_same_object(segment, php):
    for name in ("a", "ä" * 100, "with / slash", " ", "\n", "0", "-1", "😀"):
        segment[name] = name
        assert php("describe", name=name) == describe(name)
        assert name in php("names") or int(name) in php("names")
        php("remove", name=name)
        assert name not in segment


def test_a_missing_name_is_not_found_in_both(segment, php):
    with pytest.raises(shoal.NotFound):
        segment["nothing of that name"]
    with pytest.raises(Refused) as missing:
        php("describe", name="nothing of that name")
    assert missing.value.kind == "Shoal\\NotFound"


CHANGED_IN_PLACE = r"""
$segment = Shoal\open($argv[1]);
$text = str_repeat('a', (int) $argv[2]);
preg_match('//u', $text); // the engine notes that it is UTF-8, and sodium_add leaves the note
sodium_add($text, str_repeat("\x80", strlen($text)));
$segment['value'] = $text;
"""


@pytest.mark.parametrize("size", [10, 5000, 300000])
def test_a_text_that_php_changed_in_place_is_judged_again(segment, size):
    php = [os.environ.get("PHP", "php"), "-n", "-d", "display_startup_errors=0", "-d", "extension=sodium"]
    extension = f"extension={os.environ['SHOAL_PHP_EXTENSION']}"
    subprocess.run([*php, "-d", extension, "-r", CHANGED_IN_PLACE, segment.name, str(size)], check=True)
    assert segment["value"] == b"\xe1" * size
