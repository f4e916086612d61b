"""One stream, written and read by both languages, whoever dies."""

import itertools

import pytest
from hypothesis import given
from values import as_php_array, describe, describe_for_php, values

import shoal

LANGUAGES = ["php", "python"]
NUMBERS = itertools.count()
MESSAGES = 20000


@pytest.fixture
def name():
    return f"stream {next(NUMBERS)}"


@given(value=values)
def test_what_one_sends_the_other_reads(segment, php, value):
    stream = segment.stream("values", "64K")
    php("reader", name="values")
    reader = stream.reader()
    assert stream.send(value) == stream.newest
    assert php("read", name="values") == describe(as_php_array(value))
    number = php("send", name="values", value=describe_for_php(value))
    assert reader.read(0) is not None or value is None
    assert describe(reader.read(0)) == describe(as_php_array(value)) and reader.number == number


def test_each_has_its_own_place(segment, php, name):
    stream = segment.stream(name)
    php("reader", name=name)
    stream.send("one")
    reader = stream.reader()
    php("send", name=name, value=["i", "2"])
    assert reader.read(0) == 2 and php("read", name=name) == describe("one") and php("read", name=name) == ["i", "2"]
    assert stream.read(0) == "one"


@pytest.mark.parametrize("reader", LANGUAGES)
@pytest.mark.parametrize("writer", LANGUAGES)
def test_what_is_read_is_whole_and_in_order_and_the_rest_is_counted(segment, mortal, name, writer, reader):
    segment.stream(name, 4096)
    sender, receiver = mortal(writer), mortal(reader)
    receiver("reader", name=name)
    receiver.send("follow", name=name)
    assert sender("flood", name=name, times=MESSAGES) == MESSAGES + 1
    read, missed, wrong = receiver.receive()
    assert wrong == [] and read + missed == MESSAGES and read > 0


def test_both_write_and_both_read(segment, mortal, name):
    segment.stream(name, 8192)
    receivers, senders = [mortal(language) for language in LANGUAGES], [mortal(language) for language in LANGUAGES]
    for receiver in receivers:
        receiver("reader", name=name)
        receiver.send("follow", name=name)
    for sender in senders:
        sender.send("flood", name=name, times=MESSAGES)
    for sender in senders:
        sender.receive()
    for receiver in receivers:
        read, missed, wrong = receiver.receive()
        assert wrong == [] and read > 0


@pytest.mark.parametrize("reader", LANGUAGES)
@pytest.mark.parametrize("writer", LANGUAGES)
def test_a_writer_that_is_killed_costs_its_own_message_at_most(segment, mortal, name, writer, reader):
    stream, receiver = segment.stream(name, 4096), mortal(reader)
    receiver("reader", name=name)
    receiver.send("follow", name=name)
    for _ in range(5):
        victim, before = mortal(writer), stream.newest
        victim.send("flood", name=name, times=10**9)
        while stream.newest < before + 100:
            pass
        victim.kill()
        number = stream.newest
        assert stream.send([0, number, chr(64 + number % 50) * (7 * (number % 50))], timeout=20)
    sent = stream.send("end", timeout=20)
    read, missed, wrong = receiver.receive()
    assert wrong == [] and read + missed == sent - 1


@pytest.mark.parametrize("reader", LANGUAGES)
def test_a_reader_that_is_killed_is_in_nobodys_way(segment, mortal, name, reader):
    stream = segment.stream(name, 4096)
    for _ in range(3):
        victim = mortal(reader)
        victim("reader", name=name)
        victim.send("follow", name=name)
        while not stream.waiters:
            pass
        victim.kill()
        place = stream.reader()
        for i in range(100):
            stream.send(i, timeout=5)
            assert place.read(0) == i


def test_the_limit_is_one_for_both(segment, php, name):
    stream = segment.stream(name, 4096)
    php("reader", name=name)
    stream.send("x" * (stream.limit - 3))
    assert php("read", name=name) == describe("x" * (stream.limit - 3))
    with pytest.raises(ValueError):
        stream.send("x" * (stream.limit - 2))
    with pytest.raises(Exception, match="ValueError.*2040"):
        php("send", name=name, value=describe_for_php("x" * (stream.limit - 2)))
    assert stream.newest == 1 and isinstance(stream, shoal.Stream)
