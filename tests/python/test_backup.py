"""shoal.backup: a sound copy of a segment in use."""

import os
import pathlib
import select
import signal

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


# ---- Deaths ----------------------------------------------------------------------------------------------------------


def test_a_backup_that_is_killed_leaves_nothing(live, tmp_path):
    for i in range(4):
        live[f"large{i}"] = bytes(1 << 20)
    for i in range(10):
        reader, writer = os.pipe()
        pid = os.fork()
        if pid == 0:
            while True:
                os.write(writer, b".")
                shoal.backup(live, tmp_path / "copy", overwrite=True)
        os.read(reader, 1)
        select.select([reader], [], [], i * 0.0005)  # into the midst of the first, or soon after it
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        os.close(reader), os.close(writer)
    shoal.backup(live, tmp_path / "copy", overwrite=True)
    assert [path.name for path in tmp_path.iterdir()] == ["copy"]


def _list(directory, monkeypatch):
    monkeypatch.setenv("SHOAL_DIR", str(directory))
    shoal.segments()


WHO_COMES_NEXT = {
    "backup": lambda live, path, _: shoal.backup(live, path / "copy"),
    "create": lambda _, path, __: shoal.create(path / "new", "1M").close(),
    "open_or_create": lambda _, path, __: shoal.open_or_create(path / "new", "1M").close(),
    "unlink": lambda _, path, __: shoal.unlink(path / "there"),
    "an open that finds none": lambda _, path, __: pytest.raises(shoal.NotFound, shoal.open, path / "none"),
    "segments": lambda _, path, monkeypatch: _list(path, monkeypatch),
}


@pytest.mark.parametrize("who", WHO_COMES_NEXT)
def test_a_temporary_file_whose_maker_is_dead_is_swept_by_who_comes_next(live, tmp_path, monkeypatch, who):
    dead, attached = tmp_path / f".shoal-new-{1:016x}", tmp_path / f".shoal-new-{2:016x}"
    shoal.create(tmp_path / "there", "1M").close()
    shoal.backup(live, tmp_path / "was")
    (tmp_path / "was").rename(dead)
    with shoal.create(tmp_path / "in use", "1M"):
        (tmp_path / "in use").rename(attached)
        WHO_COMES_NEXT[who](live, tmp_path, monkeypatch)
        assert not dead.exists() and attached.exists()
