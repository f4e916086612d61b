"""Workers of both languages at one segment: many.py race|soak [--seconds N] [--seed N]

race: two writers and three readers, of which one is readonly and one readonly in PHP; no value may be torn, and check(), readonly
and writing, finds nothing while they are at it.
soak: workers that do everything. Now and then they stand still: then each has the descriptors and mappings that it had at first, the
file has as many bytes as info() says, and check() finds nothing. In the end all is removed and nothing is left.
"""

from __future__ import annotations

import argparse
import json
import os
import pathlib
import subprocess
import sys
import time

import shoal

HERE = pathlib.Path(__file__).resolve().parent
RACE = [("python", "writer"), ("php", "writer"), ("python", "reader"), ("python", "readonly"), ("php", "readonly")]
SOAK = [("python", "all"), ("php", "all"), ("python", "all"), ("php", "all")]
FIXED = {"lock", "rwlock", "semaphore", "event", "counter"}


class Worker:
    def __init__(self, language: str, role: str, name: str, seed: int):
        php = [os.environ.get("PHP", "php"), "-n", "-d", f"extension={os.environ['SHOAL_PHP_EXTENSION']}", "-d", "memory_limit=1G", "-d", "display_errors=stderr", HERE / "worker.php"]
        command = php if language == "php" else [sys.executable, HERE / "worker.py"]
        self.process = subprocess.Popen([*command, name, str(seed), role], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.counts: dict = {}

    def start(self, seconds: float) -> None:
        self.process.stdin.write(f"{seconds}\n")
        self.process.stdin.flush()

    def finish(self) -> None:
        line = self.process.stdout.readline()
        if not line.startswith("{"):
            raise RuntimeError(f"a worker said {line!r} and ended with status {self.process.wait(10)}")
        self.counts = json.loads(line)

    def end(self) -> None:
        self.process.stdin.close()
        if self.process.wait(30) != 0:
            raise RuntimeError(f"a worker ended with status {self.process.returncode}")


class Many:
    def __init__(self, team: list[tuple[str, str]], seed: int):
        self.name = f"many-{os.getpid()}"
        self.segment = shoal.create(self.name, "512M")
        self.workers = [Worker(*member, self.name, seed + i) for i, member in enumerate(team)]
        self.figures = {"seed": seed, "checks": 0, "findings": 0, "wrong": 0}

    def complain(self, kind: str, *what) -> None:
        self.figures[kind] += 1
        print(kind, *what, file=sys.stderr)

    def check(self, segment: shoal.Segment) -> None:
        self.figures["checks"] += 1
        if findings := segment.check():
            self.complain("findings", findings)

    def work(self, seconds: float) -> None:
        for worker in self.workers:
            worker.start(seconds)

    def stand_still(self) -> None:
        for worker in self.workers:
            worker.finish()

    def race(self, seconds: float) -> None:
        self.work(seconds)
        end = time.monotonic() + seconds
        with shoal.open(self.name, readonly=True) as readonly:
            while (left := end - time.monotonic()) > 0:
                self.check(self.segment)
                self.check(readonly)
                time.sleep(min(0.4, left))
        self.stand_still()
        self.check(self.segment)

    def look(self, kept: list[dict]) -> None:
        """Everybody stands still."""
        self.check(self.segment)
        committed = self.segment.info().committed  # first, as info() gives back what was kept warm for too long
        file = os.fstat(self.segment.fileno()).st_blocks * 512
        if file != committed:
            self.complain("wrong", f"info() says {committed} bytes, the file has {file}")
        for worker, before in zip(self.workers, kept):
            if any(worker.counts[what] != before[what] for what in ("fds", "maps")):
                self.complain("wrong", f"a worker had {before}, and has {worker.counts}")

    def soak(self, seconds: float) -> None:
        """A hundredth of the time to begin with: what is made once is there then."""
        piece = max(0.5, min(10.0, seconds / 20))
        self.work(piece)
        self.stand_still()
        kept = [worker.counts for worker in self.workers]
        self.figures |= {"fds": [counts["fds"] for counts in kept], "maps": [counts["maps"] for counts in kept], "committed": []}
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.work(piece)
            self.stand_still()
            self.look(kept)
            self.figures["committed"].append(self.segment.info().committed)
        self.figures["committed"] = [min(self.figures["committed"]), max(self.figures["committed"])]
        self.remove_all()

    def remove_all(self) -> None:
        self.segment["probe"] = 1
        for name in list(self.segment):
            if name not in FIXED:
                del self.segment[name]
        self.check(self.segment)
        if set(self.segment) != FIXED:
            self.complain("wrong", "left:", list(self.segment))
        if self.segment.info().used > 64 << 10:
            self.complain("wrong", f"nothing is there, and {self.segment.info().used} bytes are used")

    def end(self) -> None:
        try:
            for worker in self.workers:
                worker.end()
        finally:
            for worker in self.workers:
                worker.process.kill()
                worker.process.wait()
            self.segment.close()
            shoal.unlink(self.name)

    def result(self) -> dict:
        for what in ("operations", "reads", "torn", "refused"):
            self.figures[what] = sum(worker.counts.get(what, 0) for worker in self.workers)
        return self.figures


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=("race", "soak"))
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    many = Many(RACE if options.what == "race" else SOAK, options.seed)
    try:
        many.race(options.seconds) if options.what == "race" else many.soak(options.seconds)
    finally:
        many.end()
    figures = many.result()
    print(json.dumps(figures))
    return 1 if figures["torn"] or figures["findings"] or figures["wrong"] else 0


if __name__ == "__main__":
    sys.exit(main())
