"""One counter, changed from both sides."""


import pytest
from conftest import Refused
from hypothesis import given
from hypothesis import strategies as st
from values import describe, integers


def call(php, name, method, *arguments):
    return php("counter", name=name, method=method, arguments=list(arguments))


def test_what_one_adds_the_other_sees(segment, php):
    counter = segment.counter("hits", 40)
    assert call(php, "hits", "add") == ["i", "41"]
    assert counter.value == 41
    assert counter.add(-1) == 40
    assert call(php, "hits", "sub", 50) == ["i", "-10"]
    assert int(counter) == -10


@given(start=integers, n=integers)
def test_overflow_is_refused_by_both_and_changes_nothing(segment, php, start, n):
    counter = segment.counter("overflow")
    counter.exchange(start)
    fits = -(2**63) <= start + n < 2**63
    if fits:
        assert call(php, "overflow", "add", n) == describe(start + n)
        assert counter.exchange(start) == start + n
        assert counter.add(n) == start + n
    else:
        with pytest.raises(Refused) as refused:
            call(php, "overflow", "add", n)
        assert refused.value.kind == "ArithmeticError"
        with pytest.raises(OverflowError):
            counter.add(n)
        assert counter.value == start


def test_exchange_and_compare_exchange_across(segment, php):
    counter = segment.counter("swap", 5)
    assert call(php, "swap", "exchange", 6) == ["i", "5"]
    assert counter.compare_exchange(6, 7) and not counter.compare_exchange(6, 8)
    assert call(php, "swap", "compareExchange", 7, 9) == ["b", True]
    assert call(php, "swap", "compareExchange", 7, 10) == ["b", False]
    assert counter.value == 9


def test_no_addition_is_lost_between_the_languages(segment, php, mortal):
    counter, others = segment.counter("busy"), [mortal("php"), mortal("php")]
    for other in others:
        other.send("count to", name="busy", times=50000)
    for _ in range(50000):
        counter.add()
    for other in others:
        other.receive()
    assert counter.value == 150000
