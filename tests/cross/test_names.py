"""Names of segments: what one language does to a name, and what the other makes of it."""

import os

import pytest
from conftest import COUNT, Refused, start_php

import shoal


@pytest.fixture
def other():
    """A PHP process that has nothing open."""
    peer = start_php()
    yield peer
    peer.end()


@pytest.fixture
def name():
    made = f"test-{os.getpid()}-{next(COUNT)}"
    yield made
    try:
        shoal.unlink(made)
    except shoal.NotFound:
        pass


def test_a_second_hard_link_is_refused_by_both_until_one_of_them_unlinks_it(other, tmp_path):
    first, second = str(tmp_path / "first"), str(tmp_path / "second")
    shoal.create(first, "1M").close()
    os.link(first, second)
    for path in (first, second):
        with pytest.raises(shoal.Denied, match="hard links"):
            shoal.open(path)
        with pytest.raises(Refused, match="hard links") as refused:
            other("open", name=path)
        assert refused.value.kind == "Shoal\\Denied"
    other("unlink", name=second)
    shoal.open(first).close()
    assert other("open", name=first) == first


def test_an_old_segment_that_one_has_leaves_the_new_one_of_the_other_its_name(other, name):
    with shoal.create(name, "1M") as old:
        other("open", name=name)
        old.unlink()
        with shoal.create(name, "1M"):
            with pytest.raises(Refused) as refused:
                other("unlink_segment")
            assert refused.value.kind == "Shoal\\NotFound"
            with pytest.raises(shoal.NotFound):
                old.unlink()
            shoal.open(name).close()


def test_both_list_the_same(other, name):
    with shoal.create(name, "3M") as made:
        assert other("segments")[name] == made.size
        assert {each.name: each.size for each in shoal.segments()}[name] == made.size


@pytest.mark.parametrize("bad", ["/dev/shm/x", "../x", "fd:0", ".x", "a\nb"])
def test_both_take_plain_names_only_where_that_is_asked_for(other, bad):
    with pytest.raises(ValueError):
        shoal.open(bad, paths=False)
    with pytest.raises(Refused) as refused:
        other("open_plain", name=bad)
    assert refused.value.kind == "ValueError"
