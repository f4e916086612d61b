"""Segments that have two places, by bind mounts of their directory or of themselves: one segment, whoever comes by which way."""

import json
import os
import subprocess
import sys

import pytest
from conftest import needs_root

import shoal


@pytest.fixture
def mount():
    """mount(place, what to say before it); gone again afterwards."""
    needs_root("to mount a file system")
    mounted = []

    def call(at, *arguments):
        subprocess.run(["mount", *arguments, at], check=True)
        mounted.append(at)
        return str(at)

    yield call
    for at in reversed(mounted):
        subprocess.run(["umount", "-l", at], check=True)


@pytest.fixture(params=["tmpfs", "disk"])
def places(request, tmp_path, mount):
    """The same directory in two places."""
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    there.mkdir()
    if request.param == "tmpfs":
        mount(here, "-t", "tmpfs", "tmpfs")
    return str(here), mount(there, "--bind", here)


def other(code: str, *arguments: str) -> subprocess.Popen:
    process = subprocess.Popen([sys.executable, "-c", "import os, sys, shoal\n" + code, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    return process


def said(process: subprocess.Popen) -> str:
    return process.stdout.readline().rstrip("\n")


def end(process: subprocess.Popen, kill: bool = False) -> None:
    if kill:
        process.kill()
    process.stdin.close()
    process.wait()
    process.stdout.close()


def test_who_comes_by_one_way_excludes_who_comes_by_the_other_and_is_seen_to_die(places):
    here, there = places
    with shoal.create(f"{here}/s", size="1M") as segment:
        segment["a"] = 1
        lock = segment.lock("l")
        process = other("s = shoal.open(sys.argv[1]); s['b'] = s['a'] + 1; l = s.lock('l'); l.acquire(); print(len(s.info().peers), flush=True); sys.stdin.read()", f"{there}/s")
        assert said(process) == "2" and segment["b"] == 2
        assert not lock.acquire(timeout=0.05)
        end(process, kill=True)
        assert lock.acquire(timeout=5) and lock.recovered
        lock.release()
        assert segment.check() == []
        with shoal.open(f"{there}/s") as again:  # this process has it already
            again["c"] = 3
            assert segment["c"] == 3 and len(again.info().peers) == 1


def test_php_by_the_other_way(places):
    here, there = places
    with shoal.create(f"{here}/s", size="1M") as segment:
        segment.array("a", shape=(3,), dtype="int32")[:] = 7
        code = "$s = Shoal\\open($argv[1]); $a = $s->array('a'); $a[1] = 8; echo json_encode($a->toArray());"
        command = [os.environ.get("PHP", "php"), "-n", "-d", f"extension={os.environ['SHOAL_PHP_EXTENSION']}", "-r", code, "--", f"{there}/s"]
        assert json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout) == [7, 8, 7]
        assert segment.array("a").tolist() == [7, 8, 7]


def test_unlink_by_either_way_takes_the_name_away_for_both(places):
    here, there = places
    for by in (here, there):
        with shoal.create(f"{here}/s", size="1M") as segment:
            segment["a"] = 1
            with pytest.raises(shoal.AlreadyExists):
                shoal.create(f"{there}/s")
            shoal.unlink(f"{by}/s")
            assert os.listdir(here) == os.listdir(there) == []
            assert segment["a"] == 1


def test_a_shared_segment_ends_with_the_last_whichever_way_it_came(places):
    here, there = places
    segment = shoal.create(f"{here}/s", size="1M", lifetime="shared")
    process = other("s = shoal.open(sys.argv[1]); print('in', flush=True); sys.stdin.read()", f"{there}/s")
    assert said(process) == "in"
    segment.close()
    assert os.listdir(here) == ["s"]
    end(process)
    assert os.listdir(here) == os.listdir(there) == []


def test_a_readonly_bind_mount_is_read_and_not_written(tmp_path, mount):
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    there.mkdir()
    with shoal.create(f"{here}/s", size="1M") as segment:
        mount(there, "--bind", here)
        subprocess.run(["mount", "-o", "remount,bind,ro", there], check=True)
        segment["a"] = [1, 2]
        segment.array("b", shape=(3,), dtype="int32")
        with pytest.raises(shoal.Denied, match="needs only read permission"):
            shoal.open(f"{there}/s")
        with pytest.raises(shoal.Denied):
            shoal.unlink(f"{there}/s")
        with pytest.raises(shoal.Denied):
            shoal.create(f"{there}/t")
        with shoal.open(f"{there}/s", readonly=True) as reader:
            array = reader.array("b")
            assert reader["a"] == [1, 2] and reader.check() == []
            del segment["b"]  # the reader's byte lock counts by either way
            assert segment.check() == [] and array.tolist() == [0, 0, 0]
        assert segment.check() == []


def test_a_segment_that_is_bound_itself_is_one_segment_and_cannot_be_unlinked_there(tmp_path, mount):
    there = tmp_path / "bound"
    there.touch()
    with shoal.create(f"{tmp_path}/s", size="1M") as segment:
        mount(there, "--bind", tmp_path / "s")
        process = other("s = shoal.open(sys.argv[1]); s['a'] = 1; l = s.lock('l'); l.acquire(); print('ready', flush=True); sys.stdin.read()", str(there))
        assert said(process) == "ready" and segment["a"] == 1 and not segment.lock("l").acquire(blocking=False)
        end(process, kill=True)
        lock = segment.lock("l")
        assert lock.acquire(timeout=5) and lock.recovered
        lock.release()
        with pytest.raises(OSError, match="busy"):
            shoal.unlink(str(there))
        assert sorted(os.listdir(tmp_path)) == ["bound", "s"]
        shoal.unlink(f"{tmp_path}/s")
        with shoal.open(str(there)) as still:  # without a name of its own; it is the same
            assert still["a"] == 1
        process = other("s = shoal.open(sys.argv[1]); print(s['a'], s.check(), flush=True); sys.stdin.read()", str(there))
        assert said(process) == "1 []"
        end(process)
        assert segment.check() == []
