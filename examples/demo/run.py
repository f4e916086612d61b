"""Start the parts of the demo, kill one of them, check the result: python run.py PICTURE.svg"""

import os
import pathlib
import signal
import subprocess
import sys
import time

import numpy as np
from load import CITIES, read_city

import shoal

HERE = pathlib.Path(__file__).resolve().parent
PATIENCE = 60.0
WORKERS = 4
PHP = [os.environ.get("PHP", "php"), *(["-d", f"extension={os.environ['SHOAL_PHP_EXTENSION']}"]
                                       if "SHOAL_PHP_EXTENSION" in os.environ else [])]


def step(text: str) -> None:
    print(f"\n\033[1m-- {text}\033[0m", flush=True)


def need(condition: bool, text: str) -> None:
    if not condition:
        sys.exit(f"demo: FAILED: {text}")


def orphan(*command: str) -> None:
    """Start a process that is no child of ours: it shares nothing with us but the segment's name."""
    subprocess.run(["setsid", "--fork", *command], check=True, stdin=subprocess.DEVNULL)


def python(part: str, *arguments: str) -> list:
    return [sys.executable, str(HERE / part), *arguments]


def reached(counter, value: int) -> bool:
    """Wait until the counter has the value."""
    deadline = time.monotonic() + PATIENCE
    while (now := counter.value) < value:
        if not counter.wait(now, timeout=max(0.0, deadline - time.monotonic())):
            return False
    return True


def kill_a_worker(segment) -> None:
    """One worker stops in the middle of a month, holding Seattle's lock. The others wait for that lock."""
    orphan(*python("worker.py", segment.name, "--stop-halfway"))
    need(reached(segment.counter("halfway"), 1), "no worker got to work")
    victim, lock = segment["victim"], segment.lock("Seattle: lock")
    need(lock.locked() and lock.owner.pid == victim, "the victim does not hold the lock")
    for _ in range(WORKERS - 1):
        orphan(*python("worker.py", segment.name))
    need(reached(segment.counter("workers ready"), WORKERS - 1), "the other workers did not start")
    segment.counter("go").add()
    os.kill(victim, signal.SIGKILL)
    print(f"worker {victim} killed with SIGKILL while it held {lock.name!r}")


def report(segment) -> None:
    repaired = segment["repaired"]
    print("worker {by} got the lock, saw lock.recovered, and did month {month} of {city} again".format(
        **{**repaired, "month": repaired["month"] + 1}))
    for name in sorted(name for name in segment if name.startswith("worker ")):
        print(f"{name} (parent {segment[name]['parent']}) converted {segment[name]['months']} months")
    print(f"{segment.counter('rows converted').value} rows converted, counted in shared memory")


def compare(segment) -> None:
    """The same in plain numpy, without shared memory."""
    celsius = (np.stack([read_city(file) for file in CITIES.values()]) - 32) / 1.8
    anomaly = celsius - np.nanmean(celsius, axis=2, keepdims=True)
    need(segment.counter("rows converted").value == 2 * 365, "a row was lost, or counted twice")
    for name, expected in (("celsius", celsius), ("anomaly", anomaly)):
        need(np.array_equal(np.asarray(segment.array(name)), expected, equal_nan=True), f"{name} is wrong")
    need(segment.check() == [], f"check() found {segment.check()}")
    print("arrays equal to a plain numpy computation, check() of the segment finds nothing")


def demo(name: str, picture: str) -> None:
    step("Python loads the temperatures")
    subprocess.run(python("load.py", name), check=True)
    with shoal.open(name) as segment:
        step(f"{WORKERS} workers convert them in place; one is killed in the middle")
        kill_a_worker(segment)
        need(reached(segment.counter("workers done"), WORKERS - 1), "the workers did not finish")
        report(segment)
        step("PHP opens the segment by its name")
        orphan(*python("answer.py", name))
        subprocess.run([*PHP, str(HERE / "picture.php"), name, picture], check=True)
        step("The result")
        compare(segment)


def main(picture: str) -> None:
    name = f"demo-{os.getpid()}"
    try:
        demo(name, picture)
    finally:
        try:
            shoal.unlink(name)
        except shoal.NotFound:
            pass
    print(f"heat map: {picture}")
    print("demo: ok")


if __name__ == "__main__":
    main(sys.argv[1])
