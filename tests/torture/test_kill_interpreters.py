"""Python and PHP workers on one segment, killed at random moments. What they acknowledged is there, whole."""

import os
import pathlib
import random
import signal
import struct
import subprocess
import sys
import time

import shoal

HERE = pathlib.Path(__file__).resolve().parent
KEYS = 5
PROGRESS = 20  # seconds in which a worker must do something


def command(number: int) -> list[str]:
    if number % 2 == 0:
        return [sys.executable, str(HERE / "worker.py")]
    return ["php", "-n", "-d", f"extension={os.environ['SHOAL_PHP_EXTENSION']}", str(HERE / "worker.php")]


class Worker:
    def __init__(self, segment: shoal.Segment, number: int, folder: pathlib.Path, choose: random.Random):
        self.segment, self.number, self.choose = segment, number, choose
        self.diary = folder / f"diary-{number}"
        self.diary.write_bytes(bytes(16 * KEYS + 8))
        self.start()

    def start(self) -> None:
        arguments = [self.segment.name, str(self.number), str(self.choose.randrange(1 << 30)), str(self.diary)]
        self.process = subprocess.Popen([*command(self.number), *arguments], stderr=subprocess.PIPE)

    def read(self) -> list[int]:
        return list(struct.unpack(f"<{2 * KEYS + 1}Q", self.diary.read_bytes()))

    def wait_for_progress(self) -> None:
        before, deadline = self.read(), time.monotonic() + PROGRESS
        while self.read() == before:
            assert self.process.poll() is None, self.process.stderr.read().decode()
            assert time.monotonic() < deadline, f"worker {self.number} makes no progress"
            time.sleep(0.0005)

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        errors = self.process.stderr.read().decode()
        self.process.stderr.close()
        assert self.process.returncode == -signal.SIGKILL, errors

    def compare_with_diary(self) -> None:
        notes = self.read()
        for key in range(KEYS):
            value = self.segment.get(f"{self.number}/{key}")
            version = value["version"] if value else 0
            assert version in notes[2 * key : 2 * key + 2], "an acknowledged write is lost"
            if value:
                size = (1 << 20) if version % 7 == 0 else version * 37 % 3000
                assert value == {"from": self.number, "version": version, "text": f"Grüße {version}",
                                 "pad": bytes([version % 251]) * size}, "a value is torn"
            notes[2 * key] = notes[2 * key + 1] = version
        self.diary.write_bytes(struct.pack(f"<{2 * KEYS + 1}Q", *notes))


def test_nothing_is_lost_torn_or_leaked_when_python_and_php_workers_are_killed(tmp_path, amount):
    seed = int(time.time())
    print("seed", seed)
    choose = random.Random(seed)
    name = f"test-interpreters-{os.getpid()}"
    with shoal.create(name) as segment:
        try:
            workers = [Worker(segment, number, tmp_path, choose) for number in range(4)]
            for kill in range(amount(400)):
                worker = workers[kill % 4]
                worker.wait_for_progress()
                time.sleep(choose.random() * 0.003)  # a random moment of its work
                worker.kill()
                worker.compare_with_diary()
                if kill % 10 == 0:
                    assert segment.check() == []
                worker.start()
            for worker in workers:
                worker.wait_for_progress()
                worker.kill()
                worker.compare_with_diary()
            for name in list(segment):
                del segment[name]
            segment.info()  # reaps the last dead
            assert segment.check() == []
            assert segment.used <= 16384  # the directory's table, and nothing else
        finally:
            segment.unlink()


def test_the_next_taker_has_the_lock_within_300_ms_of_a_kill(tmp_path, amount):
    """The holder dies, in either language, while another process waits."""
    holders = (
        [sys.executable, "-c", "import shoal, sys, os; shoal.open(sys.argv[1]).lock('l').acquire(); print(flush=True); os.read(0, 1)"],
        ["php", "-n", "-d", f"extension={os.environ['SHOAL_PHP_EXTENSION']}", "-r",
         "$l = Shoal\\open($argv[1])->lock('l'); $l->acquire(); echo \"\\n\"; fgets(STDIN);"],
    )
    name = f"test-holder-{os.getpid()}"
    with shoal.create(name) as segment:
        lock = segment.lock("l")
        try:
            for round in range(2 * amount(10)):
                holder = subprocess.Popen([*holders[round % 2], name], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
                assert holder.stdout.read(1) == b"\n"
                assert not lock.acquire(blocking=False)
                killed = time.monotonic()
                holder.kill()
                assert lock.acquire(timeout=5)
                took = time.monotonic() - killed
                assert lock.recovered and took < 0.3, took
                lock.release()
                assert lock.acquire(timeout=1) and not lock.recovered
                lock.release()
                assert segment.check() == []
                holder.communicate()
        finally:
            segment.unlink()
