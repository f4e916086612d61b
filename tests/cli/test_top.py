"""top on a terminal: keys in, screen out."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time

import pytest
from conftest import PROGRAM

import shoal


class Terminal:
    """shoal top on a terminal of its own; `screen` is what was drawn last."""

    def __init__(self, rows: int = 24, columns: int = 100):
        self.master, self.slave = pty.openpty()
        self.resize(rows, columns)
        self.before = termios.tcgetattr(self.slave)
        self.written = b""
        self.process = subprocess.Popen([PROGRAM, "top", "--interval", "0.1"], stdin=self.slave, stdout=self.slave, stderr=self.slave,
                                        env={**os.environ, "TERM": "xterm"}, start_new_session=True)

    def resize(self, rows: int, columns: int) -> None:
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def press(self, keys: str) -> None:
        os.write(self.master, keys.encode())

    def read(self, seconds: float) -> None:
        if select.select([self.master], [], [], seconds)[0]:
            self.written += os.read(self.master, 65536)

    def screens(self) -> list:
        plain = re.sub(rb"\x1b\[\d*m", b"", self.written)
        return [screen.decode(errors="replace").replace("\r", "") for screen in plain.split(b"\x1b[H\x1b[2J")[1:]]

    def until(self, seen) -> str:
        """The first whole screen, from now on, of which seen(screen) is true."""
        self.written, end = b"", time.monotonic() + 20
        while time.monotonic() < end:
            self.read(1)
            for screen in self.screens()[:-1]:  # the last one may be half of one
                if seen(screen):
                    return screen
        raise AssertionError(self.written[-2000:])

    def ended(self) -> int:
        self.written, end = b"", time.monotonic() + 20
        while self.process.poll() is None and time.monotonic() < end:
            self.read(0.05)
        self.read(0)
        return self.process.wait(1)


@pytest.fixture
def terminal(segment):
    made = Terminal()
    yield made
    made.process.kill()
    made.process.wait()
    os.close(made.master)
    os.close(made.slave)


def names(screen: str) -> list:
    return re.findall(r"^ *>? *(demo|other)\b", screen, re.MULTILINE)


def test_it_shows_what_changes_and_keys_sort_it(terminal, segment, directory):
    other = shoal.create(str(directory / "shoal.other"), "4M")
    other["v"] = b"x" * 500000
    terminal.until(lambda screen: names(screen) == ["other", "demo"])
    terminal.press("n")
    terminal.until(lambda screen: names(screen) == ["demo", "other"])
    terminal.press("u")
    segment["v"] = b"x" * 1500000
    assert "1.4 MiB" in terminal.until(lambda screen: names(screen) == ["demo", "other"])


def test_return_looks_inside_and_escape_goes_back(terminal, segment):
    with segment.lock("the lock"):
        terminal.until(lambda screen: "demo" in screen)
        terminal.press("\n")
        terminal.until(lambda screen: "largest_free" in screen and "the lock" in screen)
    terminal.press("\x1b")
    terminal.until(lambda screen: "RATE" in screen)


def test_it_follows_the_size_of_the_terminal(terminal, segment):
    for number in range(40):
        segment.lock(f"lock {number}")
    terminal.until(lambda screen: "demo" in screen)
    for rows, columns in ((10, 50), (30, 120)):
        terminal.resize(rows, columns)
        os.kill(terminal.process.pid, signal.SIGWINCH)
        for keys in ("\n", "\x1b"):
            terminal.press(keys)
            screen = terminal.until(lambda screen: ("largest_free" in screen) == (keys == "\n") and f"\x1b[{rows};1H" in screen)
            lines = re.sub(r"\x1b\[\d+;1H", "", screen).splitlines()
            assert len(lines) <= rows and all(len(line) <= columns for line in lines), lines


@pytest.mark.parametrize("end", ["q", signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_the_terminal_is_given_back_as_it_was(terminal, end):
    terminal.until(lambda screen: "demo" in screen)
    assert termios.tcgetattr(terminal.slave)[3] != terminal.before[3]
    if end == "q":
        terminal.press("q")
    else:
        terminal.process.send_signal(end)
    assert terminal.ended() == 0
    assert termios.tcgetattr(terminal.slave) == terminal.before and terminal.written.endswith(b"\x1b[?25h\x1b[?1049l")


def test_it_is_for_a_terminal(run, segment):
    assert run("top").status == 2 and run("top", "--json").json["error"]["exit"] == 2
