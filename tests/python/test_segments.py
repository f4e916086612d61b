"""What a segment is to Python: names, files, options, attaching, errors. Long because segments have many ways to be asked for."""

import os
import pathlib
import pickle
import re
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import time

import pytest

import shoal


def test_a_created_segment_is_found_by_its_name(segment, name):
    segment["greeting"] = "hello"
    with shoal.open(name) as other:
        assert other["greeting"] == "hello"
        assert other.name == name


def test_creating_twice_is_already_exists(segment, name):
    with pytest.raises(shoal.AlreadyExists) as caught:
        shoal.create(name)
    assert isinstance(caught.value, FileExistsError) and name in str(caught.value)


def test_opening_nothing_is_not_found(name):
    with pytest.raises(shoal.NotFound) as caught:
        shoal.open(name)
    assert isinstance(caught.value, FileNotFoundError) and not isinstance(caught.value, KeyError)


def test_open_or_create_makes_it_once(name):
    with shoal.open_or_create(name, "1M") as one, shoal.open_or_create(name, "2M") as two:
        one["k"] = 1
        assert two["k"] == 1 and two.size == one.size


def test_threads_that_race_to_make_it_share_one(name):
    ready, opened = threading.Barrier(8), []

    def race():
        ready.wait()
        opened.append(shoal.open_or_create(name, "1M"))

    workers = [threading.Thread(target=race) for _ in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    opened[0]["k"] = "one"
    assert [seg["k"] for seg in opened] == ["one"] * 8


def test_without_a_name_memory_is_anonymous():
    with shoal.create(size="1M") as seg:
        assert seg.name is None
        seg["k"] = 1
        assert seg["k"] == 1
        with pytest.raises(ValueError):
            seg.unlink()


def test_a_descriptor_opens_anonymous_memory():
    with shoal.create(size="1M") as seg:
        seg["k"] = 7
        with shoal.open(seg.fileno()) as again:
            assert again["k"] == 7


def test_a_descriptor_is_inherited_by_a_program(python):
    with shoal.create(size="1M") as seg:
        seg["k"] = 7
        fd = os.dup(seg.fileno())
        os.set_inheritable(fd, True)
        code = "import shoal, sys; print(shoal.open(int(sys.argv[1]))['k'])"
        import subprocess, sys

        done = subprocess.run([sys.executable, "-c", code, str(fd)], pass_fds=[fd], stdout=subprocess.PIPE, timeout=60)
        os.close(fd)
        assert done.stdout.strip() == b"7"


def test_a_name_with_a_slash_is_a_file(tmp_path):
    path = tmp_path / "data.shoal"
    with shoal.create(str(path), "1M") as seg:
        seg["k"] = 1
        assert stat.S_ISREG(path.stat().st_mode)
    with shoal.open(path) as seg:
        assert seg["k"] == 1 and seg.name == str(path)
    shoal.unlink(path)
    assert not path.exists()


def test_a_path_object_means_a_file_even_without_a_slash(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with shoal.create(pathlib.Path("here"), "1M"):
        assert (tmp_path / "here").exists()


def test_unlink_takes_the_name_and_leaves_the_memory(segment, name):
    segment["k"] = 1
    shoal.unlink(name)
    assert segment["k"] == 1
    with pytest.raises(shoal.NotFound):
        shoal.open(name)
    with pytest.raises(shoal.NotFound):
        shoal.unlink(name)


def test_the_method_unlink_does_the_same(segment, name):
    segment.unlink()
    with pytest.raises(shoal.NotFound):
        shoal.open(name)


def test_the_mode_is_as_asked_whatever_the_umask(name):
    old = os.umask(0o077)
    try:
        with shoal.create(name, "1M", mode=0o640) as seg:
            assert stat.S_IMODE(os.fstat(seg.fileno()).st_mode) == 0o640
            assert seg.info().mode == 0o640
    finally:
        os.umask(old)


def test_the_group_is_set_by_number_or_name(name):
    import grp

    gid = os.getgid()
    with shoal.create(name, "1M", group=gid) as seg:
        assert os.fstat(seg.fileno()).st_gid == gid
    shoal.unlink(name)
    with shoal.create(name, "1M", group=grp.getgrgid(gid).gr_name) as seg:
        assert os.fstat(seg.fileno()).st_gid == gid


def test_owner_takes_a_number_a_name_or_any(segment, name):
    import pwd

    uid = os.getuid()
    for owner in (uid, pwd.getpwuid(uid).pw_name, "any", None):
        shoal.open(name, owner=owner).close()


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give files away")
def test_another_users_segment_is_denied_unless_owner_says_so(name, tmp_path):
    path = str(tmp_path / "theirs")
    shoal.create(path, "1M").close()
    os.chown(path, 12345, -1)
    with pytest.raises(shoal.Denied) as caught:
        shoal.open(path)
    assert isinstance(caught.value, PermissionError) and "12345" in str(caught.value)
    shoal.open(path, owner=12345).close()
    shoal.open(path, owner="any").close()
    with pytest.raises(shoal.Denied):
        shoal.open(path, owner=12346)


def test_a_shared_lifetime_ends_with_the_last_process(name, die, in_child):
    die(lambda: shoal.create(name, "1M", lifetime="shared"))
    die(lambda: shoal.open_or_create(name, "1M", lifetime="shared"))
    with shoal.create(name + "x", "1M", lifetime="shared"):
        assert in_child(lambda: shoal.open(name + "x").info().lifetime) == "shared"
    with pytest.raises(shoal.NotFound):
        shoal.open(name + "x")


def test_sizes_are_numbers_or_texts(name):
    for size, bytes_ in (("1M", 1 << 20), ("1.5m", 3 << 19), (1 << 20, 1 << 20), ("2 MiB", 2 << 20)):
        with shoal.create(size=size) as seg:
            assert bytes_ <= seg.size <= bytes_ + (1 << 20)


@pytest.mark.parametrize("size", [0, -1, "12Q", "", "-1M", "0", "M", 1 << 60, 1 << 200, "999999999G", -(1 << 80)])
def test_impossible_sizes_are_value_errors(name, size):
    with pytest.raises(ValueError):
        shoal.create(name, size)
    with pytest.raises(shoal.NotFound):
        shoal.open(name)


@pytest.mark.parametrize("size", [1.5, True, None, b"64M", []])
def test_sizes_of_another_type_are_type_errors(name, size):
    with pytest.raises(TypeError):
        shoal.create(name, size)


@pytest.mark.parametrize("bad", ["", ".hidden", "a\nb", "x" * 300, "a\0b", "sysv:0x5e01", "\ud800"])
def test_impossible_names_are_value_errors(bad):
    for function in (shoal.create, shoal.open, shoal.open_or_create, shoal.unlink):
        with pytest.raises(ValueError):
            function(bad)


def test_system_v_names_say_that_they_come_later():
    with pytest.raises(ValueError, match="not in this version"):
        shoal.open("sysv:0x5e01")


@pytest.mark.parametrize("bad", [1.5, [], b"bytes", object()])
def test_names_of_another_type_are_type_errors(bad):
    for function in (shoal.create, shoal.open, shoal.open_or_create, shoal.unlink):
        with pytest.raises(TypeError):
            function(bad)
    with pytest.raises(TypeError):
        shoal.create(7)
    with pytest.raises(TypeError):
        shoal.open(True)


@pytest.mark.parametrize(
    "options, error",
    [
        ({"mode": 0o1000}, ValueError),
        ({"mode": -1}, ValueError),
        ({"mode": "rw"}, TypeError),
        ({"mode": True}, TypeError),
        ({"lifetime": "long"}, ValueError),
        ({"lifetime": 1}, TypeError),
        ({"group": "no such group"}, ValueError),
        ({"group": -1}, ValueError),
        ({"group": 1.5}, TypeError),
        ({"colour": "red"}, TypeError),
    ],
)
def test_impossible_options_change_nothing(name, options, error):
    with pytest.raises(error):
        shoal.create(name, **options)
    with pytest.raises(shoal.NotFound):
        shoal.open(name)


def test_an_unknown_owner_is_a_value_error(segment, name):
    with pytest.raises(ValueError, match="no user"):
        shoal.open(name, owner="no such user")
    with pytest.raises(ValueError):
        shoal.open(name, owner=-5)


def test_what_is_no_segment_is_corrupt(tmp_path):
    (tmp_path / "text").write_text("I am no segment" * 1000)
    (tmp_path / "empty").write_text("")
    (tmp_path / "directory").mkdir()
    os.mkfifo(tmp_path / "fifo")
    shoal.create(tmp_path / "good", "1M").close()
    (tmp_path / "link").symlink_to(tmp_path / "good")
    for what in ("text", "empty", "directory", "fifo", "link"):
        with pytest.raises(shoal.Corrupt):
            shoal.open(tmp_path / what)
        with pytest.raises(shoal.Corrupt):
            shoal.open(tmp_path / what, readonly=True)


def test_a_truncated_segment_is_corrupt(tmp_path):
    path = tmp_path / "cut"
    with shoal.create(path, "1M") as seg:
        seg["k"] = "v"
    os.truncate(path, 4096)
    with pytest.raises(shoal.Corrupt):
        shoal.open(path)


def test_readonly_reads_and_cannot_write(segment, name):
    segment["k"] = 1
    segment.array("a", 3)[:] = [1, 2, 3]
    with shoal.open(name, readonly=True) as reader:
        assert reader.readonly and not segment.readonly
        assert reader["k"] == 1 and reader["a"].tolist() == [1, 2, 3] and reader["a"].readonly
        assert sorted(reader) == ["a", "k"] and len(reader) == 2 and "k" in reader
        assert reader.check() == []
        for write in (lambda: reader.__setitem__("k", 2), lambda: reader.__delitem__("k")):
            with pytest.raises(shoal.ReadOnly) as caught:
                write()
            assert isinstance(caught.value, TypeError)
    assert segment["k"] == 1 and segment["a"].tolist() == [1, 2, 3]


def test_a_readonly_attach_needs_read_permission_only(in_child):
    # Not in tmp_path, which nobody else may enter.
    with tempfile.TemporaryDirectory(dir="/dev/shm") as directory:
        os.chmod(directory, 0o755)
        _read_permission_only(pathlib.Path(directory) / "readable", in_child)


def _read_permission_only(path, in_child):
    with shoal.create(path, "1M", mode=0o444) as seg:
        seg["k"] = 1

    def as_nobody():
        os.setresuid(65534, 65534, 65534)
        try:
            shoal.open(path, owner="any")
        except shoal.Denied:
            return shoal.open(path, readonly=True, owner="any")["k"]

    if os.getuid() != 0:
        pytest.skip("only root can become another user")
    assert in_child(as_nobody) == 1


def test_a_closed_segment_says_so(segment):
    segment["k"] = 1
    segment.close()
    segment.close()
    assert segment.closed and segment.name and "closed" in repr(segment)
    for use in (
        lambda: segment["k"],
        lambda: segment.__setitem__("k", 1),
        lambda: segment.__delitem__("k"),
        lambda: "k" in segment,
        lambda: len(segment),
        lambda: list(segment),
        lambda: segment.get("k"),
        lambda: segment.keys(),
        lambda: segment.info(),
        lambda: segment.check(),
        lambda: segment.fileno(),
        lambda: segment.unlink(),
        lambda: segment.size,
        lambda: segment.used,
        lambda: segment.readonly,
        lambda: segment.__enter__(),
        lambda: segment.__reduce__(),
    ):
        with pytest.raises(shoal.Closed) as caught:
            use()
        assert isinstance(caught.value, ValueError)


def test_each_open_wants_its_own_close(segment, name):
    one, two = shoal.open(name), shoal.open(name)
    one.close()
    two["k"] = 1
    assert two["k"] == 1 and segment["k"] == 1
    two.close()


def test_close_in_the_middle_of_another_threads_call_is_safe(name):
    seg = shoal.create(name, "64M")
    seg["big"] = b"x" * (8 << 20)
    seen = []

    def read():
        try:
            while True:
                assert len(seg["big"]) == 8 << 20
                seen.append(1)
        except shoal.Closed:
            seen.append("closed")

    workers = [threading.Thread(target=read) for _ in range(3)]
    for worker in workers:
        worker.start()
    while len(seen) < 5:
        time.sleep(0)
    seg.close()
    for worker in workers:
        worker.join()
    assert seen.count("closed") == 3


def test_the_mapping_speaks_as_a_dict(segment):
    segment["b"], segment["a"], segment["ü"] = 1, 2, 3
    assert list(segment) == segment.keys() == ["a", "b", "ü"]
    assert len(segment) == 3 and "a" in segment and "z" not in segment
    assert segment.get("a") == 2 and segment.get("z") is None and segment.get("z", 5) == 5
    assert segment.get(name="z", default=6) == 6
    assert dict(segment) == {"a": 2, "b": 1, "ü": 3}
    del segment["b"]
    assert "b" not in segment and segment.keys() == ["a", "ü"]
    with pytest.raises(KeyError):
        del segment["b"]
    with pytest.raises(KeyError):
        segment["b"]


def test_names_iterate_over_a_snapshot(segment):
    for i in range(5):
        segment[f"k{i}"] = i
    for key in segment:
        del segment[key]
    assert len(segment) == 0


@pytest.mark.parametrize("bad", ["", "x" * 256, "ü" * 128, "a\0b", "\udc80"])
def test_impossible_object_names_are_value_errors(segment, bad):
    for use in (
        lambda: segment[bad],
        lambda: segment.__setitem__(bad, 1),
        lambda: segment.__delitem__(bad),
    ):
        with pytest.raises(ValueError):
            use()
    assert len(segment) == 0


def test_the_longest_name_works(segment):
    segment["x" * 255] = 1
    segment["ü" * 127] = 2
    assert segment["x" * 255] == 1 and segment["ü" * 127] == 2


@pytest.mark.parametrize("bad", [1, None, b"k", 1.5, ("k",)])
def test_object_names_of_another_type_are_type_errors(segment, bad):
    for use in (
        lambda: segment[bad],
        lambda: segment.__setitem__(bad, 1),
        lambda: bad in segment,
        lambda: segment.get(bad),
    ):
        with pytest.raises(TypeError):
            use()


def test_info_tells_what_is_there(segment, name, holding):
    segment["v"] = 1
    segment.array("a", (2, 3))
    segment.counter("c")
    lock = segment.lock("l")
    segment.lock("free")
    child = holding(lock.acquire)
    info = segment.info()
    assert isinstance(info, shoal.Info)
    assert (info.name, info.objects) == (name, 5)
    assert info.kinds == {"Value": 1, "NdArray": 1, "Counter": 1, "Lock": 2}
    assert info.size == segment.size and 0 < info.used <= info.committed <= info.size
    assert 0 < info.largest_free < info.size
    assert sorted(peer.pid for peer in info.peers) == sorted([os.getpid(), child.pid])
    assert all(isinstance(peer, shoal.Peer) and peer.alive and peer.program for peer in info.peers)
    assert info.peer_limit >= 1000 and info.lifetime == "persistent" and info.owner == os.getuid()
    assert abs(info.created - time.time()) < 60 and 0 <= info.age < 60
    locks = {lock.name: lock.owner for lock in info.locks}
    assert locks["free"] is None and locks["l"].pid == child.pid and locks["l"].alive
    assert isinstance(locks["l"], shoal.Owner) and abs(locks["l"].since - time.time()) < 60
    assert [(lock.kind, lock.waiters) for lock in info.locks] == [("Lock", [])] * 2
    with pytest.raises(AttributeError):
        info.size = 1


def test_info_lists_all_locks_with_who_holds_and_who_waits(segment, holding, started, until):
    lock = segment.lock("lock")
    rwlock, semaphore, barrier = segment.rwlock("rwlock"), segment.semaphore("semaphore", 3), segment.barrier("barrier", 2)
    segment.event("event"), segment.condition("condition", lock)
    writer = holding(lambda: (rwlock.write().acquire(), semaphore.acquire(), semaphore.acquire()))
    waiter = started(lambda: rwlock.read().acquire())
    party = started(lambda: barrier.wait(20))
    until(lambda: len(rwlock.waiters) == 1 and barrier.n_waiting == 1)

    def lock_infos():
        found = {found.name: found for found in segment.info().locks}
        return found["rwlock"].waiters and found  # a waiter that looks at its signals is not seen for a moment

    locks = until(lock_infos)
    assert isinstance(locks["rwlock"], shoal.LockInfo)
    assert [holder.pid for holder in locks["rwlock"].holders] == [writer.pid] == [locks["rwlock"].owner.pid]
    assert [other.pid for other in locks["rwlock"].waiters] == [waiter.pid]
    assert [(holder.pid, holder.count) for holder in locks["semaphore"].holders] == [(writer.pid, 2)]
    assert [holder.pid for holder in locks["barrier"].holders] == [party.pid]
    assert locks["event"].holders == [] == locks["condition"].waiters and locks["lock"].owner is None


def test_segments_lists_it(segment, name):
    segment["k"] = "v"
    [listed] = [entry for entry in shoal.segments() if entry.name == name]
    assert isinstance(listed, shoal.SegmentInfo)
    assert listed.size == segment.size and listed.used == segment.used and listed.peers == 1
    assert listed.owner == os.getuid() and listed.mode == 0o600 and listed.lifetime == "persistent"
    assert 0 <= listed.age < 60


def test_the_directory_can_be_set(tmp_path, python):
    code = "import shoal; shoal.create('x', '1M'); print([s.name for s in shoal.segments()])"
    assert python(code, environment={"SHOAL_DIR": str(tmp_path)}) == "['x']"
    assert [path.name for path in tmp_path.iterdir()] == ["shoal.x"]


def test_a_full_segment_is_no_space_and_keeps_what_was_there(segment):
    segment["k"] = "old"
    with pytest.raises(shoal.NoSpace) as caught:
        segment["k"] = b"x" * (17 << 20)
    assert isinstance(caught.value, MemoryError) and re.search(r"\d", str(caught.value))
    with pytest.raises(shoal.NoSpace):
        segment.array("a", (1 << 30,))
    assert segment["k"] == "old" and segment.keys() == ["k"]


def test_repr_names_it(segment, name):
    assert name in repr(segment)


def test_a_segment_is_not_made_by_calling_its_type():
    for make in (shoal.Segment, lambda: object.__new__(shoal.Segment), lambda: type("Sub", (shoal.Segment,), {})):
        with pytest.raises(TypeError):
            make()


def test_weak_references_work(segment):
    import weakref

    assert weakref.ref(segment)() is segment


def test_a_stopped_writer_blocks_no_reader(segment, name, holding):
    segment["k"] = "v"
    child = holding(lambda: segment.lock("l").acquire())
    os.kill(child.pid, signal.SIGSTOP)
    try:
        with shoal.open(name, readonly=True) as reader:
            assert reader["k"] == "v" and reader.check() == []
    finally:
        os.kill(child.pid, signal.SIGCONT)


def _be_in_the_way(path):
    """All that another user can foretell, with `ls -i`: nothing of it may stop who unlinks. (Regular files of one's own would be mended.)"""
    old = f".shoal-old-{path.stat().st_ino:016x}"
    for name in (f"{old}-{path.name}", f"{old}-{0:016x}-{path.name}"):
        (path.parent / name).unlink(missing_ok=True)
        (path.parent / name).symlink_to("nothing is there")


def test_nobody_is_in_the_way_of_an_unlink(name):
    path = pathlib.Path(os.environ.get("SHOAL_DIR", "/dev/shm")) / f"shoal.{name}"
    shared = shoal.create(name, "1M", lifetime="shared")
    _be_in_the_way(path)
    shared.close()
    assert not path.exists()
    with shoal.create(name, "1M") as segment:
        _be_in_the_way(path)
        segment.unlink()
        assert not path.exists()
    with shoal.open_or_create(name, "1M"):
        _be_in_the_way(path)
        shoal.unlink(name)
    assert not path.exists()
    for each in path.parent.glob(f".shoal-old-*-{path.name}"):
        each.unlink()


def _moved_aside(path, inode):
    """As a process leaves it that was killed while it unlinked."""
    aside = path.with_name(f".shoal-old-{inode:016x}-{7:016x}-{path.name}")
    path.rename(aside)
    return aside


def test_a_path_that_was_being_unlinked_by_who_died_is_unlinked_by_who_asks_for_it(tmp_path):
    path = tmp_path / "segment"
    for ask in (lambda: pytest.raises(shoal.NotFound, shoal.open, path), lambda: shoal.unlink(path), lambda: shoal.create(path, "1M")):
        shoal.create(path, "1M").close()
        _moved_aside(path, path.stat().st_ino)
        ask()
        assert not list(tmp_path.glob(".shoal-*"))


def test_a_path_that_was_moved_aside_wrongly_is_there_again_for_who_asks_for_it(tmp_path):
    path = tmp_path / "segment"
    with shoal.create(path, "1M") as segment:
        segment["precious"] = 1
    for ask in (shoal.open, shoal.open_or_create):
        aside = _moved_aside(path, path.stat().st_ino + 1)
        with ask(path) as segment:
            assert segment["precious"] == 1 and not aside.exists()
    _moved_aside(path, path.stat().st_ino + 1)
    with pytest.raises(shoal.AlreadyExists):
        shoal.create(path, "1M")


# ---- Names that lead to the same file, and names from users -------------------------------------------------------------


def test_each_open_has_the_name_it_was_opened_by(tmp_path):
    old, new = tmp_path / "old", tmp_path / "new"
    first = shoal.create(old, "1M")
    first["who"] = "first"
    old.rename(new)
    second = shoal.open(new)
    other = shoal.create(old, "1M")
    assert (first.name, second.name) == (str(old), str(new))
    with pytest.raises(shoal.NotFound):
        first.unlink()
    assert old.exists() and new.exists()
    array = second.array("a", 3)
    second.unlink()
    assert old.exists() and not new.exists()
    assert pickle.loads(pickle.dumps(array)).shape == (3,)  # through the descriptor
    other.unlink()
    for each in (first, second, other):
        each.close()


def test_a_name_leads_on_after_an_open_by_descriptor(name, tmp_path):
    """Unlink and pickles go by the name, though the process had the descriptor attached before."""
    code = """if True:
        import os, pickle, shoal, sys
        descriptor = shoal.open(os.open(sys.argv[2], os.O_RDWR))
        named = shoal.open(sys.argv[1])
        assert descriptor.name is None and named.name == sys.argv[1]
        open(sys.argv[3], "wb").write(pickle.dumps(named.array("a", 3)))
        try:
            descriptor.unlink()
        except ValueError as error:
            print("no name to unlink" in str(error))
        if sys.argv[4:]:
            named.unlink()
    """
    directory = os.environ.get("SHOAL_DIR", "/dev/shm")
    arguments = [sys.executable, "-c", code, name, f"{directory}/shoal.{name}", str(tmp_path / "pickle")]
    with shoal.create(name, "1M") as segment:
        segment.array("a", 3)[:] = [1, 2, 3]
        assert subprocess.run(arguments, check=True, stdout=subprocess.PIPE, text=True).stdout == "True\n"
        assert pickle.loads((tmp_path / "pickle").read_bytes()).tolist() == [1, 2, 3]
        subprocess.run([*arguments, "unlink"], check=True)
        with pytest.raises(shoal.NotFound):
            shoal.open(name)


def test_a_segment_with_a_second_hard_link_is_denied(tmp_path):
    path, second = tmp_path / "one", tmp_path / "two"
    shoal.create(path, "1M").close()
    os.link(path, second)
    for given in (path, second):
        with pytest.raises(shoal.Denied, match="hard links"):
            shoal.open(given)
        with pytest.raises(shoal.Denied, match="hard links"):
            shoal.open_or_create(given)
    shoal.unlink(second)
    shoal.open(path).close()


def test_paths_false_takes_plain_names_only(name):
    for bad in ("/dev/shm/x", "../x", "./x", "fd:0", "a/b", "a\nb", ".x", "", pathlib.Path("x"), 0):
        with pytest.raises(ValueError):
            shoal.open(bad, paths=False)
        if bad != 0:
            for function in (shoal.create, shoal.open_or_create, shoal.unlink):
                with pytest.raises(ValueError):
                    function(bad, paths=False)
    shoal.create(name, "1M", paths=False).close()
    shoal.open(name, paths=False).close()
    shoal.open_or_create(name, "1M", paths=False).close()
    shoal.unlink(name, paths=False)


def test_a_segment_that_cannot_be_mapped_is_listed(name):
    with shoal.create(name, "8G"):
        code = f"import shoal; print({name!r} in [each.name for each in shoal.segments()])"
        limited = ["sh", "-c", 'ulimit -v 4194304; exec "$@"', "sh", sys.executable, "-c", code]
        assert subprocess.run(limited, check=True, stdout=subprocess.PIPE, text=True).stdout == "True\n"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_the_owner_is_judged_though_the_segment_is_attached_already(tmp_path):
    path = tmp_path / "owned"
    shoal.create(path, "1M", mode=0o666).close()
    os.chown(path, 65534, -1)
    with shoal.open(path, owner="any"):
        for arguments in ({}, {"readonly": True}, {"owner": 1}):
            with pytest.raises(shoal.Denied):
                shoal.open(path, **arguments)
        shoal.open(path, owner=65534).close()
