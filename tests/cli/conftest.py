"""Fixtures: the program, run with a directory of its own, and what it says."""

import contextlib
import dataclasses
import gzip
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import pytest

import shoal

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = pathlib.Path(os.environ.get("SHOAL_BUILD", ROOT / "build")) / "core" / "shoal"
COMMANDS = [line.split()[0] for line in subprocess.run([PROGRAM, "--help"], capture_output=True, text=True, check=True).stdout
            .partition("Commands:\n")[2].partition("\n\n")[0].splitlines()]


@dataclasses.dataclass
class Said:
    status: int
    out: bytes
    err: bytes

    @property
    def text(self) -> str:
        return self.out.decode()

    @property
    def json(self):
        return json.loads(self.out)


@pytest.fixture
def directory(monkeypatch):
    with tempfile.TemporaryDirectory(prefix="shoal-cli-", dir="/dev/shm") as folder:
        monkeypatch.setenv("SHOAL_DIR", folder)
        yield pathlib.Path(folder)


@pytest.fixture
def run(directory):
    def call(*words, input: bytes = b"", timeout: float = 60, **environment) -> Said:
        done = subprocess.run([PROGRAM, *map(str, words)], input=input, capture_output=True, timeout=timeout,
                              env={**os.environ, "SHOAL_DIR": str(directory), **environment})
        return Said(done.returncode, done.stdout, done.stderr)
    return call


@pytest.fixture
def segment(directory):
    with shoal.create(str(directory / "shoal.demo"), "4M") as made:
        yield made


@pytest.fixture
def child(directory):
    """child(code): a Python process with `s`, the segment, attached; it has printed "ready". Killed in the end."""
    with contextlib.ExitStack() as ends:
        def start(code: str) -> subprocess.Popen:
            program = f"import shoal, sys, threading, time\ns = shoal.open({str(directory / 'shoal.demo')!r})\n{code}"
            process = ends.enter_context(subprocess.Popen([sys.executable, "-c", program, str(directory / "shoal.demo")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
            ends.callback(process.kill)
            assert process.stdout.readline() == "ready\n"
            return process
        yield start


@pytest.fixture
def golden():
    """The golden segment of the present format, as bytes that may be damaged."""
    newest = max((ROOT / "tests/format/golden").glob("format-*.shoal.gz"), key=lambda path: int(path.name.split("-")[1].split(".")[0]))
    return bytearray(gzip.decompress(newest.read_bytes()))
