"""Two handles of one object are equal, whatever attach they come through, and dicts know them for one."""

import os
import pickle

import pytest

import shoal
from conftest import leave

def test_a_strict_handle_is_one_of_the_same_lock(segment):
    assert segment.lock("l") == segment.lock("l", strict=True)


def test_segments_are_equal_by_their_file(segment, name, tmp_path):
    again, readonly = shoal.open(name), shoal.open(name, readonly=True)
    assert segment == again == readonly == pickle.loads(pickle.dumps(segment)) and len({segment, again, readonly}) == 1
    shoal.backup(segment, tmp_path / "copy")
    assert segment != shoal.open(str(tmp_path / "copy")) and segment != shoal.create() and segment != name
    known = {again: "known"}
    again.close()
    assert again == segment and known[again] == known[segment] == "known"  # it still says which one it was


def test_a_forked_child_compares_as_its_parent_did(segment):
    lock, table = segment.lock("l"), {segment.lock("l"): 1, segment: 2}
    pid = os.fork()
    if pid == 0:
        leave(0 if lock == segment.lock("l") and table[lock] == 1 and table[segment] == 2 else 1)
    assert os.waitpid(pid, 0)[1] == 0


def test_messages_name_the_segment_as_the_user_does(segment, name):
    anonymous = shoal.create(size="4M")
    anonymous.counter("c")
    with pytest.raises(shoal.TypeMismatch, match=r'"c" in segment "\(anonymous\)" is a Counter, and an Event was asked for'):
        anonymous.event("c")
    segment.array("a", 2)
    with pytest.raises(shoal.TypeMismatch, match=r"is an NdArray, and a Lock was asked for"):
        segment.lock("a")
    anonymous.close()
    with pytest.raises(shoal.Closed, match="^the anonymous segment is closed"):
        anonymous["x"]


def test_an_unpickled_handle_calls_its_segment_by_name(segment, name, python):
    segment.array("a", 2)
    said = python(f"""if True:
        import pickle
        array = pickle.loads({pickle.dumps(segment.array("a"))!r})
        segment = pickle.loads({pickle.dumps(segment)!r})
        try:
            segment.event("a")
        except TypeError as error:
            print(error)
    """)
    assert f'"a" in segment "{name}" is an NdArray' in said
