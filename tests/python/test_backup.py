"""shoal.backup: a sound copy of a segment in use."""

import pathlib

import pytest

import shoal


@pytest.fixture
def live():
    segment = shoal.create(size="8M")
    segment["value"] = {"a": [1, 2.5]}
    segment.array("array", (3,), "i4")[...] = 7
    segment.lock("lock").acquire()
    yield segment
    segment.close()


def test_a_backup_is_a_sound_copy_with_free_locks(live, tmp_path):
    shoal.backup(live, tmp_path / "copy")
    with shoal.open(tmp_path / "copy") as copy:
        assert copy["value"] == {"a": [1, 2.5]} and copy.array("array").sum() == 21 and copy.check() == []
        assert copy.lock("lock").acquire(timeout=0)
    assert [path.name for path in tmp_path.iterdir()] == ["copy"]


def test_a_backup_takes_no_name_by_force(live, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shoal.backup(live, "copy")
    with pytest.raises(shoal.AlreadyExists):
        shoal.backup(live, b"copy")
    live["new"] = 1
    shoal.backup(live, pathlib.Path("copy"), overwrite=True)
    with shoal.open(pathlib.Path("./copy").absolute()) as copy:
        assert copy["new"] == 1


def test_a_backup_of_a_closed_segment_is_closed_and_of_none_a_type_error(tmp_path):
    segment = shoal.create(size="1M")
    segment.close()
    with pytest.raises(shoal.Closed):
        shoal.backup(segment, tmp_path / "copy")
    with pytest.raises(TypeError):
        shoal.backup("demo", tmp_path / "copy")
