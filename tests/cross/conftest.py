"""The other side: a PHP process that obeys, a Python process that can be killed, and a segment to meet in."""

import itertools
import json
import os
import pathlib
import signal
import subprocess
import sys

import hypothesis
import pytest

import shoal

HERE = pathlib.Path(__file__).resolve().parent
sys.path.append(str(HERE.parent))  # for tests/kinds
COUNT = itertools.count()

level = os.environ.get("SHOAL_TEST", "default")
for name, examples in (("quick", 50), ("default", 300), ("all", 5000)):
    hypothesis.settings.register_profile(
        name, max_examples=examples, deadline=None, database=None,
        suppress_health_check=[hypothesis.HealthCheck.too_slow, hypothesis.HealthCheck.data_too_large])
hypothesis.settings.load_profile(level)


class Refused(Exception):
    """What the other side raised."""

    def __init__(self, kind: str, message: str):
        super().__init__(f"{kind}: {message}")
        self.kind = kind


class Peer:
    """A process that answers one line for each line it is sent."""

    def __init__(self, *command: str):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def send(self, do: str, **arguments) -> None:
        self.process.stdin.write(json.dumps({"do": do, **arguments}) + "\n")
        self.process.stdin.flush()

    def receive(self):
        line = self.process.stdout.readline()
        if not line:
            raise EOFError(f"the other side ended with status {self.process.wait()}")
        answer = json.loads(line)
        if "error" in answer:
            raise Refused(answer["error"], answer["message"])
        return answer["ok"]

    def __call__(self, do: str, **arguments):
        self.send(do, **arguments)
        return self.receive()

    @property
    def pid(self) -> int:
        return self.process.pid

    def kill(self) -> None:
        """SIGKILL. Whoever comes next finds it dead or dying, as in life."""
        os.kill(self.pid, signal.SIGKILL)

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()


def start_php() -> Peer:
    extension = os.environ["SHOAL_PHP_EXTENSION"]
    return Peer(os.environ.get("PHP", "php"), "-n", "-d", f"extension={extension}", "-d", "memory_limit=1G", str(HERE / "echo.php"))


def start_python() -> Peer:
    return Peer(sys.executable, str(HERE / "echo.py"))


@pytest.fixture(scope="module")
def segment():
    name = f"test-{os.getpid()}-{next(COUNT)}"
    with shoal.create(name, size="256M") as made:
        try:
            yield made
            assert made.check() == []
        finally:
            shoal.unlink(name)


@pytest.fixture
def own_segment():
    """One with nothing in it, which no other test has."""
    name = f"test-{os.getpid()}-{next(COUNT)}"
    with shoal.create(name, size="8M") as made:
        try:
            yield made
            assert made.check() == []
        finally:
            shoal.unlink(name)


@pytest.fixture
def peers(own_segment):
    """peers("php", "python", ...): a process of each, attached to that segment, to be killed."""
    started = []

    def peers(*languages):
        for language in languages:
            started.append({"php": start_php, "python": start_python}[language]())
            started[-1]("open", name=own_segment.name)
        return started[-len(languages):]

    yield peers
    for peer in started:
        peer.end()


@pytest.fixture(scope="module")
def php(segment):
    """Attached to the segment."""
    peer = start_php()
    peer("open", name=segment.name)
    yield peer
    peer.end()


@pytest.fixture
def mortal(segment, request):
    """mortal("php"), mortal("python"): a process of its own, attached to the segment, to be killed."""
    started = []

    def start(language: str) -> Peer:
        started.append({"php": start_php, "python": start_python}[language]())
        started[-1]("open", name=segment.name)
        return started[-1]

    yield start
    for peer in started:
        peer.end()
