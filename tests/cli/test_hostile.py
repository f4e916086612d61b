"""Whatever is in a segment: an error or an answer, never a crash, a hang, or a byte that a terminal obeys."""

import json
import os
import pty
import random
import re
import select
import struct
import subprocess

import pytest
from conftest import PROGRAM

OBEYED = re.compile(rb"[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80[\x8b-\x8f\xa8-\xae]|\xe2\x81[\xa0-\xaf]")
NAMES = ["\x1b[31mred", "\x1b]0;title\x07", "\x9b31m", "\u202eback", "a\nb\rc\td", "\\x1b", "%s%n", '"><script>', "wide 漢字", "e\u0301", "\x7f", "a" * 255]
LOOKING = [["ls"], ["ls", "demo"], ["ls", "demo", "--long"], ["ls", "demo", "--names"], ["stat", "demo"], ["locks"], ["locks", "demo"], ["check"], ["check", "demo"], ["gc"],
           ["metrics"], ["metrics", "demo"], ["dump", "demo"], ["unlink", "demo", "nosuch"], ["set", "demo", "new", "1"]]


def of_object(name: str) -> list:
    return [["stat", "demo", name], ["get", "demo", name], ["watch", "demo", name, "--count", "1"], ["get", "demo", name, "--npy"]]


def is_harmless(said, words) -> None:
    assert 0 <= said.status <= 7, (words, said.status, said.err[-300:])
    if "--raw" not in words and "--npy" not in words:
        assert not OBEYED.search(said.out + said.err), (words, OBEYED.search(said.out + said.err))
    if "--json" in words:
        json.loads(said.out.splitlines()[-1])


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_a_name_is_printed_escaped(run, segment, name):
    segment[name] = name
    segment.lock("l" + name[:200]).acquire()
    for words in [*LOOKING, *of_object(name)]:
        is_harmless(run(*words), words)
        is_harmless(run(*words, "--json"), [*words, "--json"])
    assert run("ls", "demo", "--json").json["objects"][0]["name"] in (name, "l" + name[:200]) and run("get", "demo", name).json == name


def test_the_name_of_a_program_is_printed_escaped(run, segment, child):
    child("s.close(); open('/proc/self/comm', 'w').write('\\x1b[31m'); s = shoal.open(sys.argv[1]); l = s.lock('l'); l.acquire(); print('ready', flush=True); time.sleep(600)")
    said = run("locks", "demo")
    is_harmless(said, ["locks"])
    assert rb"\x1b[31m" in said.out and b"alive " in said.out


def damaged(golden: bytearray, seed: int) -> bytes:
    """Words of it become telling numbers, or those of another place; what holds for a hostile writer that knows the format."""
    dice, image = random.Random(seed), bytearray(golden)
    used = [at for at in range(0, len(image) - 8, 8) if image[at : at + 8] != bytes(8)]
    for _ in range(dice.choice((1, 2, 4, 16, 200))):
        at = dice.choice(used) if dice.random() < 0.9 else dice.randrange(0, len(image) - 8) // 8 * 8
        value = dice.choice((0, 1, 2**64 - 1, 2**63, 2**32, 2**31 - 1, len(image), len(image) - 1, dice.getrandbits(64), dice.choice(used), 0x1B5B33316D1B5B33))
        image[at : at + 8] = struct.pack("<Q", value)
    return bytes(image)


@pytest.mark.parametrize("seed", range(40))
def test_a_damaged_segment_is_an_answer_or_an_error(run, golden, directory, seed):
    image = damaged(golden, seed)
    names = run_names(run, golden, directory)
    (directory / "shoal.demo").write_bytes(image)
    for words in [*LOOKING[:-2], *of_object(random.Random(seed).choice(names))]:
        is_harmless(run(*words), words)
        is_harmless(run(*words, "--json"), [*words, "--json"])


def run_names(run, golden, directory) -> list:
    (directory / "shoal.demo").write_bytes(golden)
    return [each["name"] for each in run("ls", "demo", "--json").json["objects"]]


def test_the_undamaged_one_is_looked_at_without_an_error(run, golden, directory):
    names = run_names(run, golden, directory)
    assert len(names) > 20 and run("check", "demo").status == 0
    for name in names:
        assert run("stat", "demo", name).status == 0 and run("get", "demo", name).status in (0, 2)


@pytest.mark.parametrize("content", [b"", b"\x00", b"\x1b" * 70000, bytes(1 << 20)], ids=len)
def test_what_is_no_segment_is_told_as_such(run, directory, content):
    (directory / "shoal.demo").write_bytes(content)
    for words in LOOKING:
        said = run(*words)
        is_harmless(said, words)
    assert run("stat", "demo").status == 6 and run("ls").status == 1


def test_a_file_with_a_hostile_name_is_listed_escaped(run, directory):
    (directory / "shoal.\x1b[31m\u202e").write_bytes(b"x" * 70000)
    os.mkfifo(directory / "shoal.fifo")
    (directory / "shoal.folder").mkdir()
    (directory / "shoal.link").symlink_to("/etc/passwd")
    for words in (["ls"], ["ls", "--json"], ["check"], ["gc"], ["doctor"], ["metrics"]):
        is_harmless(run(*words), words)
    assert len(run("ls", "--json").json["refused"]) == 4


def on_terminal(columns: int, *words: str) -> bytes:
    master, slave = pty.openpty()
    subprocess.run(["stty", "cols", str(columns), "rows", "24"], stdin=slave, check=True)
    process = subprocess.Popen([PROGRAM, *words], stdin=slave, stdout=slave, stderr=slave, env={**os.environ, "TERM": "xterm", "NO_COLOR": ""})
    os.close(slave)
    screen = b""
    try:
        while select.select([master], [], [], 20)[0]:
            screen += os.read(master, 65536)
    except OSError:  # the other end is closed
        pass
    process.wait(20)
    os.close(master)
    return screen


def test_a_table_fits_the_terminal_and_has_colours_only_there(run, segment):
    segment["n" * 200] = 1
    segment["漢字" * 40] = 1
    for columns in (40, 60, 100):
        screen = on_terminal(columns, "ls", "demo", "--long")
        lines = re.sub(rb"\x1b\[\d*m", b"", screen).decode().splitlines()
        assert b"\x1b[1m" in screen and "…" in "".join(lines)
        assert all(sum(2 if ord(c) > 0x3000 else 1 for c in line) <= columns for line in lines), lines
    assert b"\x1b" not in run("ls", "demo").out and b"\x1b[1m" in run("ls", "demo", "--color", "always").out


def test_raw_bytes_do_not_go_to_a_terminal(run, segment):
    segment["v"] = b"\x1b[31m"
    assert b"\x1b[31m" not in on_terminal(80, "get", "demo", "v", "--raw")
