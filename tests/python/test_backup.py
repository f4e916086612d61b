"""shoal.backup: a sound copy of a segment in use."""

import os
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


def _refused(live, path, reason):
    before = path.lstat()
    with pytest.raises(shoal.Denied, match=reason):
        shoal.backup(live, path, overwrite=True)
    after = path.lstat()
    assert (before.st_ino, before.st_mode) == (after.st_ino, after.st_mode)
    assert not list(path.parent.glob(".shoal-new-*"))


def test_a_backup_replaces_nothing_but_a_regular_file(live, tmp_path):
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "link").symlink_to(tmp_path / "fifo")
    (tmp_path / "directory").mkdir()
    for name in ("fifo", "link", "directory"):
        _refused(live, tmp_path / name, "not a regular file")
    (tmp_path / "file").write_text("old")
    shoal.backup(live, tmp_path / "file", overwrite=True)
    shoal.open(tmp_path / "file").close()


def test_a_backup_does_not_replace_the_segments_own_file(tmp_path):
    with shoal.create(tmp_path / "live", "1M") as live:
        _refused(live, tmp_path / "live", "own file")
        (tmp_path / "live").rename(tmp_path / "renamed")
        _refused(live, tmp_path / "renamed", "own file")
        live["x"] = 1
        assert shoal.open(tmp_path / "renamed")["x"] == 1


def test_a_backup_does_not_replace_a_segment_that_somebody_has_open(live, tmp_path):
    path = tmp_path / "other"
    other = shoal.create(path, "1M")
    other.counter("c")
    here, there = os.pipe()
    ready, told = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(there)
            held = [other, shoal.open(path, readonly=True)]
            held.append(held[1]["c"])
            other.close()
            os.write(told, b"x")
            os.read(here, 1)
        finally:
            os._exit(0)
    os.read(ready, 1)
    _refused(live, path, r"process \d+ \(.*\) is attached to it")
    other.close()
    _refused(live, path, "readonly")
    os.close(there)
    os.waitpid(child, 0)
    with shoal.open(path, readonly=True):
        _refused(live, path, "this process")
    shoal.backup(live, path, overwrite=True)
    with shoal.open(path) as copy:
        assert copy["value"] == {"a": [1, 2.5]}
    for end in (here, ready, told):
        os.close(end)
