"""Locks by key, held and abandoned by either language."""

import pytest
from conftest import Refused

LANGUAGES = ["php", "python"]
pytestmark = [pytest.mark.parametrize("second", LANGUAGES), pytest.mark.parametrize("first", LANGUAGES)]


@pytest.fixture
def key(mortal):
    """key(language): a process, and what asks it about one key."""

    def of(language):
        peer = mortal(language)
        return peer, lambda method, key="Grüße", **more: peer("key", name="orders", key=key, method=method, **more)

    return of


def test_a_key_is_the_same_in_both_languages(key, first, second):
    (one, mine), (_, theirs) = key(first), key(second)
    assert mine("acquire") == [True, False] and theirs("acquire") == [False, False] and theirs("read") == [False, False]
    assert theirs("acquire", key="17") == [True, False] and theirs("facts")[:2] == [True, one.pid]
    assert sorted(mine("keys")) == ["17", "Grüße"]
    with pytest.raises(Refused, match="holds it"):
        theirs("release")
    mine("release")
    theirs("release", key="17")
    assert mine("read") == theirs("read") == [True, False] and mine("facts") == [True, None, 2, 0]
    mine("release"), theirs("release")
    assert mine("keys") == []


def test_the_next_taker_in_the_other_language_is_told_that_the_holder_died(key, first, second):
    (one, mine), (_, theirs) = key(first), key(second)
    assert mine("acquire") == [True, False] and mine("read", key="shared") == [True, False]
    one.kill()
    assert theirs("acquire", timeout=10) == [True, True] and theirs("acquire", key="shared", timeout=10) == [True, False]
    theirs("release"), theirs("release", key="shared")
    assert theirs("acquire") == [True, False] and theirs("keys") == ["Grüße"]
    theirs("release")
    assert theirs("keys") == []


def test_a_wait_ends_when_the_other_language_releases(key, first, second):
    (_, mine), (waiter, theirs) = key(first), key(second)
    mine("acquire")
    waiter.send("key", name="orders", key="Grüße", method="acquire", timeout=20)
    while mine("facts")[3] == 0:
        pass
    mine("release")
    assert waiter.receive() == [True, False] and mine("acquire") == [False, False]
