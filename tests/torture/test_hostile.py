"""Hostile writers against readers, hostile readers against writers, and a SIGBUS that is somebody else's."""

import glob
import json
import os
import pathlib
import signal
import subprocess
import sys

import pytest
from programs import sources

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
LEVEL = os.environ.get("SHOAL_TORTURE", "default")
READERS = {
    "python": [sys.executable, str(HERE / "hostile_reader.py")],
    "php": ["php", "-n", "-d", f"extension={os.environ.get('SHOAL_PHP_EXTENSION')}", str(HERE / "hostile_reader.php")],
}


def seconds(short, default, long):
    return {"short": short, "default": default, "long": long}[LEVEL]


def report(output):
    figures = json.loads(output.strip().splitlines()[-1])
    assert figures["violations"] == 0, output
    return figures


@pytest.fixture(scope="module")
def with_points(tmp_path_factory):
    """hostile with the whole core in it, its points, and in the long run the sanitizers."""
    out = tmp_path_factory.mktemp("points") / "hostile"
    sanitizers = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"] if LEVEL == "long" else []
    subprocess.run(["cc", "-std=c11", "-D_GNU_SOURCE", "-D_FILE_OFFSET_BITS=64", "-O1" if sanitizers else "-O0", "-g", "-DSHOAL_POINTS", *sanitizers,
                    f"-I{ROOT}/core/include", f"-I{ROOT}/core", *sources("hostile"), *glob.glob(f"{ROOT}/core/*/*.c"),
                    "-pthread", "-lm", "-o", out], check=True)
    return out


def test_a_hostile_writer_neither_kills_nor_stops_readers_in_c(run):
    figures = report(run("hostile", "--seconds", seconds(1, 4, 300), "--seed", 1))
    assert figures["attaches"] > 0 and figures["calls"] > 1000


@pytest.mark.parametrize("language", READERS)
def test_a_hostile_writer_neither_kills_nor_stops_readers_in(language, run):
    out = run("hostile", "--seconds", seconds(1, 3, 120), "--readers", 0, "--seed", 2, "--", *READERS[language])
    report(out)
    assert f"{language}: " in out


def test_a_segment_that_changes_at_each_step_of_a_reader_neither_kills_nor_stops_it(with_points):
    for seed in range(seconds(1, 2, 20)):
        done = subprocess.run([with_points, "--points", "--seconds", str(seconds(1, 1, 20)), "--seed", str(seed)],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=200)
        assert done.returncode == 0, done.stdout
        assert report(done.stdout)["calls"] > 1000


def test_a_reader_of_what_never_holds_still_gives_up_in_time(with_points):
    """At each step everything that a reader compares has changed: each call gives up after a second."""
    done = subprocess.run([with_points, "--points", "--only", "pause", "--seconds", str(seconds(1, 3, 30))],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=200)
    assert done.returncode == 0, done.stdout
    figures = report(done.stdout)
    assert figures["calls"] >= 2 and figures["told"] >= 1


def test_a_hostile_readonly_process_does_not_stop_writers(run):
    figures = report(run("hostile_readonly", "--seconds", seconds(0.1, 0.3, 5), timeout=300))
    assert figures["attacks"] == 9 and figures["operations"] > 100


# ---- Who else handles SIGBUS


CUT = """
import faulthandler, os, shoal, sys
when, path = sys.argv[1:]
if when == "before":
    faulthandler.enable()
reader = shoal.open(path, readonly=True)
array = reader["array"]
if when == "after":
    faulthandler.enable()
os.truncate(path, 8192)
assert array[1000] == 0
try:
    reader["value"]
    sys.exit("not told")
except shoal.Corrupt as error:
    assert "under its readers" in str(error)
import mmap
with open(path + ".other", "w+b") as other:  # a SIGBUS that is nobody's business here
    other.truncate(4096)
    view = mmap.mmap(other.fileno(), 4096)
    other.truncate(0)
    os.unlink(path + ".other")
    print("so far", flush=True)
    view[0]
"""


@pytest.fixture
def segment(tmp_path):
    """The path of one with a value and an array."""
    import shoal
    path = str(tmp_path / "cut")
    with shoal.create(path, "1M") as made:
        made["value"] = "yes"
        made.array("array", (5000,), "uint8")[:] = 7
    return path


@pytest.mark.parametrize("when", ["never", "before", "after"])
def test_the_guard_and_faulthandler_agree(segment, when):
    done = subprocess.run([sys.executable, "-c", CUT, when, segment], text=True, timeout=60,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert done.stdout == "so far\n", done
    assert done.returncode == -signal.SIGBUS  # of the other file's page
    reported = done.stderr.count("Fatal Python error: Bus error")
    assert reported == (0 if when == "never" else 1), done.stderr


BLOCKED = """
import os, shoal, signal, sys, threading
when, path = sys.argv[1:]
block = lambda: signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
if when == "before":
    block()
reader = shoal.open(path, readonly=True)
array = reader["array"]
if when != "before":
    block()
def read():
    calls = 0 if when == "thread" else 256  # one of them finds it blocked
    for _ in range(calls):
        assert reader["value"] == "yes"
    if when == "thread":
        assert signal.SIGBUS in signal.pthread_sigmask(signal.SIG_BLOCK, []) and reader["value"] == "yes"
    os.truncate(path, 8192)
    assert array[1000] == 0
    try:
        reader["value"]
    except shoal.Corrupt as error:
        print("told" if "under its readers" in str(error) else error)
if when == "thread":
    thread = threading.Thread(target=read)
    thread.start()
    thread.join()
else:
    read()
"""


@pytest.mark.parametrize("when", ["before", "after", "thread"])
def test_a_reader_that_blocks_bus_errors_is_told(segment, when):
    done = subprocess.run([sys.executable, "-c", BLOCKED, when, segment], text=True, timeout=60, stdout=subprocess.PIPE)
    assert (done.returncode, done.stdout) == (0, "told\n")


def block_bus_errors():
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGBUS})


@pytest.mark.parametrize("blocked", [False, True])
def test_a_php_reader_of_a_truncated_segment_is_told(segment, blocked):
    program = r"""
        $reader = Shoal\open($argv[1], readonly: true);
        $array = $reader['array'];
        ftruncate(fopen($argv[1], 'r+'), 8192);
        $array[1000] === 0 or exit(1);
        try {
            $reader['value'];
        } catch (Shoal\Corrupt $error) {
            echo str_contains($error->getMessage(), 'under its readers') ? 'told' : $error->getMessage();
        }"""
    done = subprocess.run(["php", "-n", "-d", f"extension={os.environ.get('SHOAL_PHP_EXTENSION')}", "-r", program, "--",
                           segment], text=True, timeout=60, stdout=subprocess.PIPE,
                          preexec_fn=block_bus_errors if blocked else None)
    assert (done.returncode, done.stdout) == (0, "told")


HOLES = """
import os, shoal, sys
reader = shoal.open("holes", readonly=True)
array = reader["array"]
fd = os.open(sys.argv[1], os.O_RDWR)
import ctypes
assert ctypes.CDLL(None, use_errno=True).fallocate(fd, 3, ctypes.c_long(0), ctypes.c_long(1 << 20)) == 0  # all of it
with open(sys.argv[1] + ".filler", "wb", buffering=0) as filler:
    try:
        while filler.write(bytes(4096)) == 4096:
            pass
    except OSError:
        pass
assert sum(array.tolist()) == 0
try:
    reader["value"]
    sys.exit("not told")
except shoal.Corrupt as error:
    print(error)
"""


def test_a_reader_of_a_segment_with_holes_on_a_full_host_is_told(tmp_path):
    if os.geteuid() != 0:
        pytest.skip("needs root to mount a tmpfs")
    import shoal
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", tmp_path], check=True)
    try:
        writer = shoal.create(f"{tmp_path}/shoal.holes", "1M")
        writer["value"] = "yes"
        writer.array("array", (300_000,), "uint8")[:] = 7
        writer.close()
        done = subprocess.run([sys.executable, "-c", HOLES, f"{tmp_path}/shoal.holes"], text=True, timeout=60,
                              env={**os.environ, "SHOAL_DIR": str(tmp_path)}, stdout=subprocess.PIPE)
        assert done.returncode == 0 and "holes on a full file system" in done.stdout
    finally:
        subprocess.run(["umount", "--lazy", tmp_path], check=True)
