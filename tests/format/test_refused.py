"""What an attacher refuses: docs/format.md has one table, and the core, Python and PHP do what its rows say, and nothing else."""

from __future__ import annotations

import os
import pathlib
import re
import shlex
import signal
import socket
import subprocess
import sys

import pytest
from conftest import Error, Writer, load
from golden import FORMAT
from page import INCARNATION, SLOT, TEXT, WORD_ROWS, Row, Words, named, rows, size_of, verdict
from reader import siphash13
from test_reader import item

HERE = pathlib.Path(__file__).resolve().parent
ERRORS = {int(number): (name, python, php) for name, number, python, php in re.findall(
    r"^\| `(SHOAL_E\w+)` \| (-\d+) \| [^|]* \| `(?:shoal\.)?(\w+)`[^|]*\| `([\w\\]+)`", (HERE.parents[1] / "docs/errors.md").read_text(), re.MULTILINE)}
HEADER = size_of("header_sh")
CONSTANTS = [name for name, field in Words.FIELDS.items() if field.offset < 112 and name not in ("magic", "gap0")]
STATE = [name for name, field in Words.FIELDS.items() if field.offset >= 128 and not name.startswith("gap")]


def sum_of(constants: bytes) -> int:
    return siphash13(constants, 0x73686F616C000000, FORMAT) & 0xFFFFFFFF


class Subject:
    """A sound segment with a peer that is there, and copies of its header in which words are changed."""

    def __init__(self, library, path: str, **options):
        self.library, self.path = library, path
        self.holder = Writer(library, path, create=True, size=1, **options)
        for i in range(9):
            self.holder.put(f"name {i}", item(40 * i, i))
        self.holder.counter("counter", 5)
        self.file = os.open(path, os.O_RDWR)
        self.size = os.fstat(self.file).st_size
        self.sound = os.pread(self.file, HEADER, 0)

    def close(self) -> None:
        os.pwrite(self.file, self.sound, 0)
        os.close(self.file)
        self.holder.close()
        if os.path.exists(self.path):
            os.unlink(self.path)

    def changed(self, name: str, value: int, index: int = 0) -> Words:
        words = Words(self.sound)
        words.put(name, value, index)
        if name != "sum" and words.FIELDS[name].offset < 112:
            words.put("sum", sum_of(bytes(words.image[:108])))
        return words

    def verdict(self, words: Words) -> Row | None:
        return verdict(words, self.size, sum_of)

    def opened(self, words: Words, readonly: bool) -> str:
        """The core's verdict on a file with this header: the name of an error, or "opened"."""
        os.pwrite(self.file, words.image, 0)
        return how(self.library, self.path, readonly=readonly)


def how(library, path: str, **options) -> str:
    try:
        Writer(library, path, **options).close()
    except Error as error:
        return ERRORS[error.args[0]][0]
    return "opened"


@pytest.fixture
def subject(library, path):
    it = Subject(library, path)
    yield it
    it.close()


def near(words: Words, size: int) -> list[int]:
    """Values near each border that a row of the table can have, and at the ends of what a word can say."""
    names = named(words, size, sum_of)
    first, end, last = (at >> names["granule_shift"] for at in (
        names["heap"], names["heap"] + names["page"] * names["pages_committed"], names["heap"] + names["page"] * names["heap_pages"]))
    borders = [0, 0x01020304, 0x04030201, 4, 12, 16, 24, 32, 128, 1022, 4096, 8192, 2**12, 2**28, 2**31, 2**32, 2**36, 2**47, 2**63, 2**64, first, end, last, names["page"],
               *(names[name] for name in (*CONSTANTS, "slots_committed", "pages_committed", "table") if isinstance(names[name], int))]
    values = {border + step for border in borders for step in (-4096, -names["page"], -8, -1, 0, 1, 8, 4096, names["page"])}
    return sorted(value for value in values if value >= 0)


def locks(slots: int) -> list[int]:
    """Lock words, none of a peer that is there."""
    owners = [slot | incarnation << 12 for slot in (0, 1, 2, slots - 1, slots, slots + 1, SLOT) for incarnation in (0, 0x8000, INCARNATION >> 12)]
    return [owner | 1 << bit for owner in owners for bit in (28, 29, 30, 31)] + owners


def values_of(subject: Subject, name: str) -> list[int]:
    words = Words(subject.sound)
    return [value for value in (locks(words.get("slots")) if name == "lock" else near(words, subject.size))
            if value < 256 ** words.FIELDS[name].size]


def every_change(subject: Subject, names: list[str]):
    for name in names:
        last = max(1, Words.FIELDS[name].count) - 1
        values = values_of(subject, name)
        for index in range(last + 1):
            for value in values if index in (0, last) else values[index % 13 :: 13]:
                yield name, index, value


def agrees(subject: Subject, name: str, index: int, value: int, readonly: bool) -> bool:
    """Refused as the first row says, or opened. True: refused."""
    words = subject.changed(name, value, index)
    row = subject.verdict(words)
    expected = row.error if row else "opened"
    assert subject.opened(words, readonly) == expected, f"{name}[{index}] = {value:#x}, {'readonly' if readonly else 'writing'}: {row}"
    return row is not None


# ---- Words ----

@pytest.mark.parametrize("part", ["constants", "state"])
def test_a_readonly_attacher_refuses_what_a_row_names_and_nothing_else(subject, part):
    refused = [agrees(subject, *change, readonly=True) for change in every_change(subject, CONSTANTS if part == "constants" else STATE)]
    assert len(refused) > 300 and 0 < sum(refused) < len(refused)


def test_a_writing_attacher_refuses_the_same_words_beside_a_peer(subject):
    refused = [agrees(subject, *change, readonly=False) for change in every_change(subject, STATE)]
    assert len(refused) > 3000 and 0 < sum(refused) < len(refused)


def test_a_writing_attacher_refuses_the_same_constants(subject):
    changes = [change for change in every_change(subject, CONSTANTS) if subject.verdict(subject.changed(change[0], change[2]))]
    assert len(changes) > 300 and all(agrees(subject, *change, readonly=False) for change in changes)


def test_words_that_no_row_names_are_named_as_such(subject):
    told = set(re.findall(r"`(\w+)`", re.search(r"^Every other word of the header.*?\n\n", TEXT, re.MULTILINE | re.DOTALL)[0]))
    assert {name for name in STATE if name not in {row.word for row in WORD_ROWS}} == told - {"check"} - {"SHOAL_ECORRUPT"}
    constants = {name for name in CONSTANTS if name not in {row.word for row in WORD_ROWS}}
    assert constants == {"id", "created", "hash_key"}  # every value is possible


def test_a_file_that_nobody_has_is_refused_by_the_same_rows_and_by_its_invariants(library, path):
    """Any value of a word that leads nowhere is taken; of a root that leads somewhere none but the true one."""
    made = Subject(library, path)
    made.holder.close()
    sound = made.sound = os.pread(made.file, HEADER, 0)
    whole = os.pread(made.file, made.size, 0)
    free = {"recoveries", "slot_cursor", "objects", "serial", "removed", "used", "warm_pages", "peace", "peace_blocks", "peace_place", "grower"}
    found = set()
    for name, index, value in every_change(made, STATE):
        words = made.changed(name, value, index)
        row, os_words = made.verdict(words), Words(sound)
        os.pwrite(made.file, whole, 0)
        got = made.opened(words, readonly=False)
        found.add(name)
        if row:
            assert got == row.error, (name, index, hex(value), row)
        elif name in free or value == os_words.get(name, index):
            assert got == "opened", (name, index, hex(value))
        elif name in ("bins", "bin_map", "partial", "warm", "table", "limbo"):
            assert got == "SHOAL_ECORRUPT", (name, index, hex(value))
        elif name == "growth":
            assert got == ("SHOAL_ECORRUPT" if value % 2 else "opened"), hex(value)
        else:
            assert got in ("opened", "SHOAL_ECORRUPT"), (name, index, hex(value))
    assert found == set(STATE)
    os.close(made.file)


# ---- Each row, from every language ----

class Php:
    def __init__(self):
        command = [os.environ.get("PHP", "php"), "-n", "-d", f"extension={os.environ['SHOAL_PHP_EXTENSION']}", HERE / "open_each.php"]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def opened(self, path: str, readonly: bool) -> str:
        self.process.stdin.write(f"{'r' if readonly else 'w'} {path}\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().rstrip("\n")


@pytest.fixture(scope="module")
def php():
    it = Php()
    yield it
    it.process.stdin.close()
    assert it.process.wait() == 0


def python_opened(path: str, readonly: bool) -> str:
    import shoal
    try:
        shoal.open(path, readonly=readonly).close()
    except Exception as error:
        return type(error).__name__
    return "opened"


def change_of(subject: Subject, row: Row, holds: bool) -> tuple | None:
    """A change by which that row is the first that does not hold; or one of its word by which all hold."""
    for change in every_change(subject, [row.word]):
        name, index, value = change
        first = subject.verdict(subject.changed(name, value, index))
        if first is (None if holds else row) and value != Words(subject.sound).get(name, index):
            return change
    return None


@pytest.mark.parametrize("row", WORD_ROWS, ids=lambda row: re.sub(r"[^\w]+", "_", row.must.strip("`")))
def test_a_row_is_what_c_python_and_php_do(library, path, php, row):
    def opened(change: tuple, by, readonly: bool) -> str:
        subject = Subject(library, path, lifetime=lifetime)
        os.pwrite(subject.file, subject.changed(change[0], change[2], change[1]).image, 0)
        said = by(path, readonly)
        subject.close()
        return said

    languages = ((lambda path, readonly: how(library, path, readonly=readonly)), python_opened, php.opened)
    lifetime = 1 if "lifetime = 0" in row.must else 0
    subject = Subject(library, path, lifetime=lifetime)
    refused, taken = change_of(subject, row, holds=False), change_of(subject, row, holds=True)
    subject.close()
    assert refused
    names = next(names for names in ERRORS.values() if names[0] == row.error)
    for by, name in zip(languages, names):
        assert [opened(refused, by, readonly) for readonly in (True, False)] == [name, name]
        if taken:
            assert opened(taken, by, True) == "opened"
        if taken and row.word in STATE:
            assert opened(taken, by, False) == "opened"


# ---- The rows about the file ----

def is_a_file(library, path):
    assert how(library, path) == "SHOAL_ENOTFOUND"
    return "SHOAL_ENOTFOUND"


def is_regular(library, path):
    made, other = Subject(library, path), f"{path}-other"
    os.symlink(path, other)
    said = {how(library, other), how(library, other, readonly=True)}
    os.unlink(other)
    made.close()
    for make in (os.mkdir, os.mkfifo, lambda path: socket.socket(socket.AF_UNIX).bind(path)):
        make(other)
        said |= {how(library, other), how(library, other, readonly=True)}
        os.rmdir(other) if os.path.isdir(other) else os.unlink(other)
    assert len(said) == 1
    return said.pop()


def as_another_user(call) -> str:
    """Its word, of a child that is nobody."""
    if os.geteuid() != 0:
        pytest.skip("needs root to become another user")
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)
            os.write(writing, call().encode())
        finally:
            os._exit(0)
    os.close(writing)
    os.waitpid(child, 0)
    said = os.read(reading, 1000).decode()
    os.close(reading)
    return said


def is_readable(library, path):
    made = Subject(library, path)
    said = as_another_user(lambda: how(library, path)), as_another_user(lambda: how(library, path, readonly=True))
    os.chmod(path, 0o644)
    assert as_another_user(lambda: how(library, path, readonly=True)) == "opened"  # root's file
    assert as_another_user(lambda: how(library, path)) == said[0] == said[1]
    made.close()
    return said[0]


def is_its_users(library, path):
    made = Subject(library, path)
    as_another_user(lambda: "only root can give a file away")
    os.chown(path, 65534, -1)
    said = how(library, path), how(library, path, readonly=True)
    assert how(library, path, owner=65534) == how(library, path, readonly=True, owner=65534) == "opened"
    assert as_another_user(lambda: how(library, path)) == "opened" and said[0] == said[1]
    made.close()
    return said[0]


def has_no_other_name(library, path):
    made, other = Subject(library, path), f"{path}-other"
    os.link(path, other)
    said = {how(library, name, readonly=readonly) for name in (path, other) for readonly in (True, False)}
    assert how(library, f"fd:{made.file}") == "opened"
    os.unlink(other)
    assert how(library, path) == "opened" and len(said) == 1
    made.close()
    return said.pop()


def is_long_enough(library, path):
    said = set()
    for size in (0, 1071, 8191):
        pathlib.Path(path).write_bytes(bytes(size))
        for readonly in (True, False):
            with pytest.raises(Error, match=f"only {size} bytes") as told:
                Writer(library, path, readonly=readonly)
            said.add(ERRORS[told.value.args[0]][0])
    pathlib.Path(path).write_bytes(bytes(8192))
    with pytest.raises(Error, match="magic bytes"):
        Writer(library, path)
    return said.pop() if len(said) == 1 else said


NFS = """
#include <sys/vfs.h>
int fstatfs64(int fd, struct statfs64 *out) { (void)fd; *out = (struct statfs64){.f_type = 0x6969}; return 0; }
int fstatfs(int fd, struct statfs *out) { (void)fd; *out = (struct statfs){.f_type = 0x6969}; return 0; }
"""


def lies_where_locks_prove(library, path, tmp_path):
    """A file system that says it is NFS: a readonly attach does not ask."""
    made = Subject(library, path)
    lie = tmp_path / "nfs.so"
    subprocess.run([*shlex.split(os.environ.get("CC", "cc")), "-D_GNU_SOURCE", "-shared", "-fPIC", "-x", "c", "-", "-o", lie], input=NFS, text=True, check=True)
    code = ("import sys; sys.path.insert(0, sys.argv[1]); from conftest import load; from test_refused import how\n"
            "for readonly in (True, False): print(how(load(sys.argv[2]), sys.argv[3], readonly=readonly))")
    done = subprocess.run([sys.executable, "-c", code, HERE, library._name, path], check=True, capture_output=True, text=True,
                          env={**os.environ, "LD_PRELOAD": str(lie)})
    made.close()
    opened, said = done.stdout.split()
    assert opened == "opened"
    return said


def is_sound(library, path):
    """A page that is handed out twice, in no word of the header: seen by who finds nobody there, and by no other."""
    made = Subject(library, path)
    map_word = next(at for at in (Words(made.sound).get("pages") + 64 * page for page in range(64))
                    if int.from_bytes(os.pread(made.file, 4, at), sys.byteorder) == 4) + 32
    damage = bytes([os.pread(made.file, 1, map_word)[0] ^ 1])
    os.pwrite(made.file, damage, map_word)
    assert how(library, path) == how(library, path, readonly=True) == "opened"
    made.holder.close()
    assert how(library, path) == "opened"  # left in peace as it was
    os.pwrite(made.file, damage, map_word)
    said = how(library, path)
    assert how(library, path, readonly=True) == "opened"
    os.close(made.file)
    return said


def can_be_tied(library, tmp_path):
    if os.geteuid() != 0:
        pytest.skip("needs root to mount a file system")
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", tmp_path], check=True)
    try:
        for name in ("lower", "upper", "work", "over"):
            (tmp_path / name).mkdir()
        options = ",".join(f"{name}dir={tmp_path}/{name}" for name in ("lower", "upper", "work"))
        made = Subject(library, str(tmp_path / "lower/segment"))
        subprocess.run(["mount", "-t", "overlay", "-o", options, "overlay", tmp_path / "over"], check=True)
        said = how(library, str(tmp_path / "over/segment"))
        assert how(library, str(tmp_path / "over/segment"), readonly=True) == "opened"
        made.close()
    finally:
        subprocess.run(["umount", "-l", tmp_path / "over"], check=False)
        subprocess.run(["umount", "-l", tmp_path], check=False)
    return said


def has_somebody(library, path):
    said = set()
    for readonly in (True, False):
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            Writer(load(library._name), path, create=True, size=1, lifetime=1)
            os.write(writing, b"1")
            signal.pause()
        assert os.read(reading, 1) == b"1"
        assert how(library, path, readonly=readonly) == "opened"
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        said.add(how(library, path, readonly=readonly))
        assert os.path.exists(path) == readonly  # a readonly attach leaves the name where it is
        if readonly:
            os.unlink(path)
    return said.pop() if len(said) == 1 else said


FILE_ROWS = {"there is one of that name": is_a_file, "it is a regular file": is_regular, "it may be read": is_readable,
             "it belongs to the user": is_its_users, "opened by a name": has_no_other_name, "at least 8192 bytes": is_long_enough,
             "byte locks prove a death": lies_where_locks_prove, "every invariant of this page": is_sound,
             "a lock of it can be tied": can_be_tied, "a peer is in use and alive": has_somebody}


@pytest.mark.parametrize("row", [row for row in rows() if not row.word], ids=lambda row: re.sub(r"\W+", "_", row.must)[:40])
def test_a_row_about_the_file_is_what_the_core_does(library, path, tmp_path, row):
    makers = [maker for text, maker in FILE_ROWS.items() if text in row.must]
    assert len(makers) == 1
    given = {"library": library, "path": path, "tmp_path": tmp_path}
    names = makers[0].__code__.co_varnames[: makers[0].__code__.co_argcount]
    assert makers[0](*(given[name] for name in names)) == row.error


def test_each_row_about_the_file_has_a_maker():
    assert len(FILE_ROWS) == len(rows()) - len(WORD_ROWS)


def test_the_header_is_named_whole():
    end = 0
    for field in Words.FIELDS.values():
        assert field.offset == end, field
        end += field.size * max(1, field.count)
    assert end == HEADER
